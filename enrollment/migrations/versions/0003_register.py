"""The national register of professionals: extracts, and the lines of each."""

import sqlalchemy as sa
from alembic import op

from config.sql.declarative import UtcDateTime

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "register_extract",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("source", sa.String(length=255), nullable=False),
        sa.Column("published_at", UtcDateTime(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("began_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("unreadable_lines", sa.Integer(), nullable=False),
        sa.Column("cleared_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_register_extract")),
    )
    op.create_index(
        "ix_register_extract_current",
        "register_extract",
        ["state"],
        unique=True,
        sqlite_where=sa.text("state = 'current'"),
        postgresql_where=sa.text("state = 'current'"),
    )
    op.create_table(
        "register_entry",
        sa.Column("extract_id", sa.Integer(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("national_id", sa.String(length=32), nullable=False),
        sa.Column("title", sa.String(length=8), nullable=False),
        sa.Column("civility", sa.String(length=8), nullable=False),
        sa.Column("family_name", sa.String(length=120), nullable=False),
        sa.Column("given_name", sa.String(length=120), nullable=False),
        sa.Column("profession", sa.String(length=8), nullable=False),
        sa.Column("category", sa.String(length=8), nullable=False),
        sa.Column("skill", sa.String(length=16), nullable=False),
        sa.Column("mode", sa.String(length=8), nullable=False),
        sa.Column("structure", sa.String(length=200), nullable=False),
        sa.Column("structure_id", sa.String(length=40), nullable=False),
        sa.Column("street", sa.String(length=200), nullable=False),
        sa.Column("po_box", sa.String(length=100), nullable=False),
        sa.Column("postcode", sa.String(length=10), nullable=False),
        sa.Column("town", sa.String(length=100), nullable=False),
        sa.Column("department", sa.String(length=3), nullable=False),
        sa.ForeignKeyConstraint(
            ["extract_id"], ["register_extract.id"], name=op.f("fk_register_entry_extract_id_register_extract")
        ),
        sa.PrimaryKeyConstraint("extract_id", "line", name=op.f("pk_register_entry")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_register_entry_national_id"), "register_entry", ["national_id"], unique=False)


def downgrade() -> None:
    op.drop_table("register_entry")
    op.drop_table("register_extract")
