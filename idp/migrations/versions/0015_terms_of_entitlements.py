"""An entitlement has a role, a start, an end, a reason and the actor who granted it.

Existing entitlements start when they were granted and have no end; the audit trail says who granted
them. When a node of the previous version omits the start, it is the present.
"""

import sqlalchemy as sa
from alembic import op

from config.sql.declarative import UtcDateTime

revision = "0015"
down_revision = "0014"

_GRANTED = """
    UPDATE entitlement SET starts_at = granted_at, granted_by = (
        SELECT audit_event.actor FROM audit_event
        WHERE audit_event.kind = 'entitlement.granted' AND audit_event.account = entitlement.account_id
        AND audit_event.application = entitlement.application
        ORDER BY audit_event.id DESC LIMIT 1
    )
"""


def upgrade() -> None:
    op.add_column("entitlement", sa.Column("role", sa.String(length=64), nullable=True))
    op.add_column("entitlement", sa.Column("starts_at", UtcDateTime(), nullable=True))
    op.add_column("entitlement", sa.Column("ends_at", UtcDateTime(), nullable=True))
    op.add_column("entitlement", sa.Column("reason", sa.String(length=500), nullable=True))
    op.add_column("entitlement", sa.Column("granted_by", sa.Text(), nullable=True))
    op.execute(_GRANTED)
    with op.batch_alter_table("entitlement") as entitlement:
        entitlement.alter_column(
            "starts_at", existing_type=UtcDateTime(), nullable=False, server_default=sa.text("CURRENT_TIMESTAMP")
        )
        entitlement.create_check_constraint(op.f("ck_entitlement_ends_after_its_start"), "ends_at > starts_at")


def downgrade() -> None:
    """Delete the entitlements that are not in force: the previous version has neither start nor end."""
    op.execute("DELETE FROM entitlement WHERE ends_at <= CURRENT_TIMESTAMP OR starts_at > CURRENT_TIMESTAMP")
    with op.batch_alter_table("entitlement") as entitlement:
        entitlement.drop_constraint(op.f("ck_entitlement_ends_after_its_start"), type_="check")
        for name in ("granted_by", "reason", "ends_at", "starts_at", "role"):
            entitlement.drop_column(name)
