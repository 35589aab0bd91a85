"""The origins of applications that run in a browser. Empty: the origins of their redirection addresses."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.add_column("oidc_client", sa.Column("origins", sa.JSON(), server_default=sa.text("'[]'"), nullable=False))


def downgrade() -> None:
    op.drop_column("oidc_client", "origins")
