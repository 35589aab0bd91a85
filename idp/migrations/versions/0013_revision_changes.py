"""A change of cached data names the entries it concerns, so that nodes drop only these from their caches."""

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
