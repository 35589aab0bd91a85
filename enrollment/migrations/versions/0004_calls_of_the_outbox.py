"""Since when the identity provider may have an entry of the outbox: a withdrawn request takes the others back."""

import sqlalchemy as sa
from alembic import op

from config.sql.declarative import UtcDateTime

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    with op.batch_alter_table("outbox") as outbox:
        outbox.add_column(sa.Column("called_at", UtcDateTime(), nullable=True))
    op.execute("UPDATE outbox SET called_at = created_at")  # any of them may have been sent already


def downgrade() -> None:
    with op.batch_alter_table("outbox") as outbox:
        outbox.drop_column("called_at")
