"""The signing keys' certificates, made for those of before at the next start; since when an application has its key."""

import sqlalchemy as sa
from alembic import op

from config.sql.declarative import UtcDateTime

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.add_column("signing_key", sa.Column("certificate", sa.Text(), nullable=True))
    op.add_column("saml_service_provider", sa.Column("signing_kid_since", UtcDateTime(), nullable=True))


def downgrade() -> None:
    op.drop_column("saml_service_provider", "signing_kid_since")
    op.drop_column("signing_key", "certificate")
