"""The address of a client that begins a login."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    with op.batch_alter_table("oidc_client") as oidc_client:
        oidc_client.add_column(
            sa.Column("initiate_login_uri", sa.String(length=1000), nullable=False, server_default=sa.text("''"))
        )


def downgrade() -> None:
    with op.batch_alter_table("oidc_client") as oidc_client:
        oidc_client.drop_column("initiate_login_uri")
