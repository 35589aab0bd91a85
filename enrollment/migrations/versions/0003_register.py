"""The national register of professionals, an extract at a time."""

import sqlalchemy as sa
from alembic import op

from config.sql.declarative import UtcDateTime

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "register_extract",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("file_name", sa.String(length=255), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("extracted_at", UtcDateTime(), nullable=True),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("lines_read", sa.Integer(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("completed_at", UtcDateTime(), nullable=True),
        sa.Column("is_current", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_register_extract")),
    )
    op.create_index(op.f("ix_register_extract_digest"), "register_extract", ["digest"], unique=False)
    op.create_table(
        "register_person",
        sa.Column("extract_id", sa.Integer(), nullable=False),
        sa.Column("rpps", sa.String(length=32), nullable=False),
        sa.Column("family_name", sa.String(length=120), nullable=False),
        sa.Column("given_name", sa.String(length=120), nullable=False),
        sa.Column("folded_name", sa.String(length=250), nullable=False),
        sa.Column("civility", sa.String(length=8), nullable=False),
        sa.Column("title", sa.String(length=8), nullable=False),
        sa.Column("profession", sa.String(length=8), nullable=False),
        sa.Column("category", sa.String(length=8), nullable=False),
        sa.ForeignKeyConstraint(
            ["extract_id"],
            ["register_extract.id"],
            name=op.f("fk_register_person_extract_id_register_extract"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("extract_id", "rpps", name=op.f("pk_register_person")),
    )
    op.create_index(
        op.f("ix_register_person_extract_id_folded_name"),
        "register_person",
        ["extract_id", "folded_name"],
        unique=False,
    )
    op.create_table(
        "register_practice",
        sa.Column("extract_id", sa.Integer(), nullable=False),
        sa.Column("rpps", sa.String(length=32), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("structure", sa.String(length=255), nullable=False),
        sa.Column("finess", sa.String(length=16), nullable=False),
        sa.Column("postcode", sa.String(length=12), nullable=False),
        sa.Column("town", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(
            ["extract_id"],
            ["register_extract.id"],
            name=op.f("fk_register_practice_extract_id_register_extract"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("extract_id", "rpps", "line", name=op.f("pk_register_practice")),
    )


def downgrade() -> None:
    op.drop_table("register_practice")
    op.drop_table("register_person")
    op.drop_table("register_extract")
