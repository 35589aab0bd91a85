"""An application has its identifier whatever its protocol, and may use SAML.

`oidc_client.client_id` is kept up to date, because nodes of the previous version read it.
"""

import sqlalchemy as sa
from alembic import op

from config.sql.declarative import UtcDateTime

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.add_column("relying_party", sa.Column("identifier", sa.String(length=64), nullable=True))
    op.execute(
        "UPDATE relying_party SET identifier ="
        " (SELECT client_id FROM oidc_client WHERE oidc_client.relying_party_id = relying_party.id)"
    )
    with op.batch_alter_table("relying_party") as relying_party:
        relying_party.alter_column("identifier", existing_type=sa.String(length=64), nullable=False)
        relying_party.create_unique_constraint(op.f("uq_relying_party_identifier"), ["identifier"])
    op.add_column(
        "oidc_client",
        sa.Column("backchannel_logout_uri", sa.String(length=1000), nullable=False, server_default=sa.text("''")),
    )
    op.create_table(
        "saml_service_provider",
        sa.Column("relying_party_id", sa.String(length=32), nullable=False),
        sa.Column("entity_id", sa.String(length=1024), nullable=False),
        sa.Column("terms", sa.JSON(), nullable=False),
        sa.Column("descriptor", sa.JSON(), nullable=False),
        sa.Column("metadata_xml", sa.Text(), nullable=False),
        sa.Column("metadata_valid_until", UtcDateTime(), nullable=True),
        sa.Column("metadata_fetched_at", UtcDateTime(), nullable=False),
        sa.Column("signing_kid", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["relying_party_id"],
            ["relying_party.id"],
            name=op.f("fk_saml_service_provider_relying_party_id_relying_party"),
        ),
        sa.PrimaryKeyConstraint("relying_party_id", name=op.f("pk_saml_service_provider")),
        sa.UniqueConstraint("entity_id", name=op.f("uq_saml_service_provider_entity_id")),
    )


def downgrade() -> None:
    """Delete the applications that use only SAML, which the previous version does not support."""
    op.drop_table("saml_service_provider")
    with op.batch_alter_table("oidc_client") as oidc_client:
        oidc_client.drop_column("backchannel_logout_uri")
    op.execute("DELETE FROM relying_party WHERE id NOT IN (SELECT relying_party_id FROM oidc_client)")
    with op.batch_alter_table("relying_party") as relying_party:
        relying_party.drop_constraint(op.f("uq_relying_party_identifier"), type_="unique")
        relying_party.drop_column("identifier")
