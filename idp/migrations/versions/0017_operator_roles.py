"""The roles of operators."""

import sqlalchemy as sa
from alembic import op

from config.sql.declarative import UtcDateTime

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    op.create_table(
        "operator_role",
        sa.Column("account_id", sa.String(length=32), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("scope", sa.String(length=80), nullable=False),
        sa.Column("granted_at", UtcDateTime(), nullable=False),
        sa.Column("granted_by", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "role = 'approver' OR scope = ''", name=op.f("ck_operator_role_only_an_approver_has_a_scope")
        ),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_operator_role_account_id_account")),
        sa.PrimaryKeyConstraint("account_id", "role", "scope", name=op.f("pk_operator_role")),
    )


def downgrade() -> None:
    op.drop_table("operator_role")
