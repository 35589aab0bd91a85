"""Titles, postal addresses, telephones, confidentiality, accepted conditions, and further identifiers of persons."""

import sqlalchemy as sa
from alembic import op

from config.sql.declarative import UtcDateTime

revision = "0018"
down_revision = "0017"

COLUMNS = {
    "birth_name": 120,
    "civility": 8,
    "title": 8,
    "street": 200,
    "po_box": 60,
    "postcode": 12,
    "town": 120,
    "cedex": 60,
    "department": 3,
    "country": 2,
    "telephone": 20,
    "emergency_telephone": 20,
    "mobile": 20,
    "fax": 20,
    "conditions_version": 32,
    "conditions_language": 2,
}


def upgrade() -> None:
    for name, length in COLUMNS.items():
        op.add_column("account", sa.Column(name, sa.String(length=length), nullable=True))
    op.add_column("account", sa.Column("conditions_accepted_at", UtcDateTime(), nullable=True))
    op.add_column(
        "account",
        sa.Column("confidentiality", sa.String(length=16), nullable=False, server_default=sa.text("'professionals'")),
    )
    op.create_table(
        "account_identifier",
        sa.Column("account_id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("value", sa.String(length=64), nullable=False),
        sa.Column("proof", sa.String(length=16), nullable=False),
        sa.Column("proven_at", UtcDateTime(), nullable=True),
        sa.Column("proven_by", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(proof = 'typed') = (proven_at IS NULL)", name=op.f("ck_account_identifier_proven_at_some_time")
        ),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_account_identifier_account_id_account")),
        sa.PrimaryKeyConstraint("account_id", "kind", "value", name=op.f("pk_account_identifier")),
    )
    op.create_index(
        "ix_account_identifier_proven",
        "account_identifier",
        ["kind", "value"],
        unique=True,
        sqlite_where=sa.text("proof <> 'typed'"),
        postgresql_where=sa.text("proof <> 'typed'"),
    )


def downgrade() -> None:
    op.drop_table("account_identifier")
    for name in ("confidentiality", "conditions_accepted_at", *reversed(COLUMNS)):
        op.drop_column("account", name)
