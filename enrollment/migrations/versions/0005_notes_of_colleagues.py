"""Notes are for colleagues alone: what a person reads is in a decision, or in what is asked of them."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    with op.batch_alter_table("request_note") as request_note:
        request_note.drop_column("audience")


def downgrade() -> None:
    with op.batch_alter_table("request_note") as request_note:
        request_note.add_column(
            sa.Column("audience", sa.String(length=16), server_default="colleagues", nullable=False)
        )
