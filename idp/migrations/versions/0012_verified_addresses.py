"""The time at which an account's e-mail address was verified: the person used a link that was mailed to it.

For existing accounts it comes from the audit trail. The address of an account never changes.
"""

import sqlalchemy as sa
from alembic import op

from config.sql.declarative import UtcDateTime

revision = "0012"
down_revision = "0011"

_USED = """
    UPDATE account SET email_verified_at = (
        SELECT MIN(audit_event.at) FROM audit_event
        WHERE audit_event.account = account.id AND audit_event.kind = 'password-link.used'
    )
"""


def upgrade() -> None:
    op.add_column("account", sa.Column("email_verified_at", UtcDateTime(), nullable=True))
    op.execute(_USED)


def downgrade() -> None:
    op.drop_column("account", "email_verified_at")
