"""How people ask for access to an application."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    op.add_column("relying_party", sa.Column("enrollment", sa.JSON(none_as_null=True), nullable=True))


def downgrade() -> None:
    op.drop_column("relying_party", "enrollment")
