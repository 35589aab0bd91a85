"""Professional cards, revocation, and what applications ask of them."""

import sqlalchemy as sa
from alembic import op

from config.sql.declarative import UtcDateTime

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    op.create_table(
        "card",
        sa.Column("number", sa.String(length=64), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("account_id", sa.String(length=32), nullable=True),
        sa.Column("national_id", sa.String(length=64), nullable=False),
        sa.Column("card_type", sa.String(length=8), nullable=False),
        sa.Column("family_name", sa.String(length=120), nullable=False),
        sa.Column("given_name", sa.String(length=120), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.Column("authority", sa.String(length=64), nullable=False),
        sa.Column("serial_number", sa.String(length=40), nullable=False),
        sa.Column("certificate_fingerprint", sa.String(length=64), nullable=False),
        sa.Column("first_seen_at", UtcDateTime(), nullable=False),
        sa.Column("last_used_at", UtcDateTime(), nullable=True),
        sa.Column("bound_at", UtcDateTime(), nullable=True),
        sa.Column("bound_by", sa.Text(), nullable=True),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("ended_by", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "status <> 'bound' OR account_id IS NOT NULL", name=op.f("ck_card_a_bound_card_has_its_account")
        ),
        sa.CheckConstraint("(status = 'waiting') = (bound_at IS NULL)", name=op.f("ck_card_bound_at_some_time")),
        sa.CheckConstraint("(status = 'ended') = (ended_at IS NOT NULL)", name=op.f("ck_card_ended_at_some_time")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_card_account_id_account")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_card")),
    )
    op.create_index(op.f("ix_card_account_id"), "card", ["account_id"], unique=False)
    op.create_index(op.f("ix_card_national_id"), "card", ["national_id"], unique=False)
    op.create_index(
        "ix_card_bound",
        "card",
        ["authority", "last_used_at"],
        unique=False,
        sqlite_where=sa.text("status = 'bound'"),
        postgresql_where=sa.text("status = 'bound'"),
    )
    op.create_table(
        "card_reading",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("read_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_card_reading")),
    )
    op.create_index(op.f("ix_card_reading_read_at"), "card_reading", ["read_at"], unique=False)
    op.create_table(
        "card_revocation_list",
        sa.Column("source", sa.String(length=500), nullable=False),
        sa.Column("authority", sa.String(length=64), nullable=True),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=True),
        sa.Column("number", sa.String(length=60), nullable=True),
        sa.Column("this_update", UtcDateTime(), nullable=True),
        sa.Column("next_update", UtcDateTime(), nullable=True),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.Column("serials", sa.LargeBinary(), nullable=False),
        sa.Column("fetched_at", UtcDateTime(), nullable=True),
        sa.Column("attempted_at", UtcDateTime(), nullable=False),
        sa.Column("failure", sa.String(length=200), nullable=True),
        sa.CheckConstraint(
            "(this_update IS NULL) = (next_update IS NULL)", name=op.f("ck_card_revocation_list_both_ends_or_none")
        ),
        sa.PrimaryKeyConstraint("source", name=op.f("pk_card_revocation_list")),
    )
    op.create_index(op.f("ix_card_revocation_list_authority"), "card_revocation_list", ["authority"], unique=False)
    op.create_table(
        "card_ocsp_response",
        sa.Column("authority", sa.String(length=64), nullable=False),
        sa.Column("serial_number", sa.String(length=40), nullable=False),
        sa.Column("is_revoked", sa.Boolean(), nullable=False),
        sa.Column("this_update", UtcDateTime(), nullable=False),
        sa.Column("next_update", UtcDateTime(), nullable=False),
        sa.Column("fetched_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("authority", "serial_number", name=op.f("pk_card_ocsp_response")),
    )
    op.add_column(
        "relying_party",
        sa.Column("card_revocation_grace_hours", sa.Integer(), server_default=sa.text("0"), nullable=False),
    )
    op.add_column(
        "relying_party",
        sa.Column("card_removal", sa.String(length=40), server_default=sa.text("'keep'"), nullable=False),
    )


def downgrade() -> None:
    op.drop_column("relying_party", "card_removal")
    op.drop_column("relying_party", "card_revocation_grace_hours")
    op.drop_table("card_ocsp_response")
    op.drop_table("card_revocation_list")
    op.drop_table("card_reading")
    op.drop_table("card")
