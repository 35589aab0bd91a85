"""A change of what nodes remember says whom it concerns, so that they forget no one else."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.create_table(
        "revision_change",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("concerned", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("name", "number", "concerned", name=op.f("pk_revision_change")),
    )


def downgrade() -> None:
    op.drop_table("revision_change")
