"""Certificates of signing keys, and the time from which an application receives a new key.

The next start makes the certificates of existing keys."""

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
