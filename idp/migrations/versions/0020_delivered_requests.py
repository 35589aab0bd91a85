"""What enrollment has delivered."""

import sqlalchemy as sa
from alembic import op

from config.sql.declarative import UtcDateTime

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    op.create_table(
        "delivered_request",
        sa.Column("request", sa.String(length=32), nullable=False),
        sa.Column("sequence", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.String(length=32), nullable=False),
        sa.Column("letter", sa.String(length=255), nullable=True),
        sa.Column("delivered_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_delivered_request_account_id_account")),
        sa.PrimaryKeyConstraint("request", "sequence", name=op.f("pk_delivered_request")),
    )
    op.create_index(op.f("ix_delivered_request_account_id"), "delivered_request", ["account_id"], unique=False)


def downgrade() -> None:
    op.drop_table("delivered_request")
