"""Communities of professionals, and their members."""

import sqlalchemy as sa
from alembic import op

from config.sql.declarative import UtcDateTime

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    op.create_table(
        "community",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("display_name_fr", sa.String(length=120), nullable=False),
        sa.Column("display_name_en", sa.String(length=120), nullable=False),
        sa.Column("help_fr", sa.String(length=500), nullable=False),
        sa.Column("help_en", sa.String(length=500), nullable=False),
        sa.Column("requestable", sa.Boolean(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_community")),
    )
    op.create_table(
        "membership",
        sa.Column("account_id", sa.String(length=32), nullable=False),
        sa.Column("community", sa.String(length=40), nullable=False),
        sa.Column("role", sa.String(length=64), nullable=True),
        sa.Column("starts_at", UtcDateTime(), nullable=False),
        sa.Column("ends_at", UtcDateTime(), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.Column("granted_at", UtcDateTime(), nullable=False),
        sa.Column("granted_by", sa.Text(), nullable=True),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_membership_ends_after_its_start")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_membership_account_id_account")),
        sa.ForeignKeyConstraint(["community"], ["community.name"], name=op.f("fk_membership_community_community")),
        sa.PrimaryKeyConstraint("account_id", "community", name=op.f("pk_membership")),
    )
    op.create_index(op.f("ix_membership_community"), "membership", ["community"], unique=False)


def downgrade() -> None:
    op.drop_table("membership")
    op.drop_table("community")
