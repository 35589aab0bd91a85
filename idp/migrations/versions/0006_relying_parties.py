"""The registry of relying parties."""

import sqlalchemy as sa
from alembic import op

from config.sql.declarative import UtcDateTime

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "relying_party",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("display_name_fr", sa.String(length=120), nullable=False),
        sa.Column("display_name_en", sa.String(length=120), nullable=False),
        sa.Column("towards_fr", sa.String(length=40), nullable=False),
        sa.Column("towards_en", sa.String(length=40), nullable=False),
        sa.Column("home_url", sa.String(length=1000), nullable=False),
        sa.Column("attributes", sa.JSON(), nullable=False),
        sa.Column("lowest_assurance", sa.String(length=40), nullable=False),
        sa.Column("entry", sa.String(length=40), nullable=False),
        sa.Column("confirm_identity", sa.Boolean(), nullable=False),
        sa.Column("registered_at", UtcDateTime(), nullable=False),
        sa.Column("amended_at", UtcDateTime(), nullable=False),
        sa.Column("suspended_at", UtcDateTime(), nullable=True),
        sa.Column("logo_type", sa.String(length=40), nullable=True),
        sa.Column("logo_digest", sa.String(length=16), nullable=True),
        sa.Column("logo", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint("(logo IS NULL) = (logo_type IS NULL)", name=op.f("ck_relying_party_logo_has_a_type")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_relying_party")),
        sa.UniqueConstraint("name", name=op.f("uq_relying_party_name")),
    )
    op.create_table(
        "oidc_client",
        sa.Column("relying_party_id", sa.String(length=32), nullable=False),
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("redirect_uris", sa.JSON(), nullable=False),
        sa.Column("post_logout_redirect_uris", sa.JSON(), nullable=False),
        sa.Column("client_authentication", sa.String(length=40), nullable=False),
        sa.Column("require_pkce", sa.Boolean(), nullable=False),
        sa.Column("subject_type", sa.String(length=40), nullable=False),
        sa.Column("sector", sa.String(length=253), nullable=False),
        sa.Column("id_token_signing_alg", sa.String(length=40), nullable=False),
        sa.Column("secret_fingerprint", sa.String(length=64), nullable=True),
        sa.Column("previous_fingerprint", sa.String(length=64), nullable=True),
        sa.Column("previous_good_until", UtcDateTime(), nullable=True),
        sa.CheckConstraint(
            "(client_authentication = 'none') = (secret_fingerprint IS NULL)",
            name=op.f("ck_oidc_client_secret_as_declared"),
        ),
        sa.CheckConstraint("(subject_type = 'public') = (sector = '')", name=op.f("ck_oidc_client_sector_as_declared")),
        sa.CheckConstraint(
            "(previous_fingerprint IS NULL) = (previous_good_until IS NULL)",
            name=op.f("ck_oidc_client_previous_secret_ends"),
        ),
        sa.ForeignKeyConstraint(
            ["relying_party_id"], ["relying_party.id"], name=op.f("fk_oidc_client_relying_party_id_relying_party")
        ),
        sa.PrimaryKeyConstraint("relying_party_id", name=op.f("pk_oidc_client")),
        sa.UniqueConstraint("client_id", name=op.f("uq_oidc_client_client_id")),
    )


def downgrade() -> None:
    op.drop_table("oidc_client")
    op.drop_table("relying_party")
