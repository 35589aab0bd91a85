"""The sources of the metadata of service providers, and the results of their refreshes."""

import sqlalchemy as sa
from alembic import op

from config.sql.declarative import UtcDateTime

revision = "0009"
down_revision = "0008"


def _refreshing() -> list[sa.Column[object]]:
    return [
        sa.Column("refreshed_at", UtcDateTime(), nullable=True),
        sa.Column("next_at", UtcDateTime(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.String(length=40), nullable=False),
        sa.Column("etag", sa.String(length=200), nullable=False),
        sa.Column("last_modified", sa.String(length=200), nullable=False),
    ]


def upgrade() -> None:
    op.create_table(
        "metadata_source",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("url", sa.String(length=1000), nullable=False),
        sa.Column("certificate", sa.Text(), nullable=False),
        sa.Column("added_at", UtcDateTime(), nullable=False),
        sa.Column("valid_until", UtcDateTime(), nullable=True),
        sa.Column("published_at", UtcDateTime(), nullable=True),
        sa.Column("entities", sa.Integer(), nullable=False),
        *_refreshing(),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_metadata_source")),
    )
    op.create_table(
        "metadata_entity",
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column("entity_id", sa.String(length=1024), nullable=False),
        sa.Column("xml", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("valid_until", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["source"], ["metadata_source.name"], name=op.f("fk_metadata_entity_source_metadata_source")
        ),
        sa.PrimaryKeyConstraint("source", "entity_id", name=op.f("pk_metadata_entity")),
    )
    op.create_table(
        "application_metadata",
        sa.Column("identifier", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        *_refreshing(),
        sa.PrimaryKeyConstraint("identifier", name=op.f("pk_application_metadata")),
    )


def downgrade() -> None:
    op.drop_table("application_metadata")
    op.drop_table("metadata_entity")
    op.drop_table("metadata_source")
