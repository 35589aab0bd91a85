"""Nobody asks for access until a day: the operator who accepts says when it ends."""

import sqlalchemy as sa
from alembic import op

from config.sql.declarative import UtcDateTime

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    with op.batch_alter_table("request_part") as request_part:
        request_part.drop_column("wanted_until")


def downgrade() -> None:
    with op.batch_alter_table("request_part") as request_part:
        request_part.add_column(sa.Column("wanted_until", UtcDateTime(), nullable=True))
