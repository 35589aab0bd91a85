"""The tables of the registry: a relying party, and its part for each protocol.

A relying party with an `OidcClientRow` is an OpenID Connect client; with a `SamlServiceProviderRow`, a SAML service
provider. The rules of the values are in relying_parties/registration; the rules that the code relies on are constraints
here too.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Enum, ForeignKey, LargeBinary, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from config.logos import LogoType
from relying_parties.policy import (
    AccessRule,
    AssuranceLevel,
    CardRemoval,
    ClientAuthentication,
    IdTokenAlgorithm,
    SubjectType,
)
from relying_parties.registry.declarative_base import Base


def _stored_as_text(choices: type[StrEnum]) -> Enum:
    """Stored as the text of the value. Reading refuses any other text; adding a value needs no migration."""
    return Enum(choices, native_enum=False, length=40, values_callable=lambda members: [str(each) for each in members])


class RelyingParty(Base):
    """An application that may request logins; other tables refer to it by its identifier."""

    __tablename__ = "relying_party"
    __table_args__ = (CheckConstraint("(logo IS NULL) = (logo_type IS NULL)", name="logo_has_a_type"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    identifier: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(40), unique=True)
    display_name_fr: Mapped[str] = mapped_column(String(120))
    display_name_en: Mapped[str] = mapped_column(String(120))
    login_button_fr: Mapped[str] = mapped_column(String(40))
    login_button_en: Mapped[str] = mapped_column(String(40))
    home_url: Mapped[str] = mapped_column(String(1000))
    attributes: Mapped[list[str]] = mapped_column(JSON)
    lowest_assurance: Mapped[AssuranceLevel] = mapped_column(_stored_as_text(AssuranceLevel))
    entry: Mapped[AccessRule] = mapped_column(_stored_as_text(AccessRule))
    confirm_identity: Mapped[bool]
    card_revocation_grace_hours: Mapped[int] = mapped_column(server_default=text("0"))
    card_removal: Mapped[CardRemoval] = mapped_column(_stored_as_text(CardRemoval), server_default=text("'keep'"))
    enrollment: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    registered_at: Mapped[datetime]
    amended_at: Mapped[datetime]
    suspended_at: Mapped[datetime | None]
    logo_type: Mapped[LogoType | None] = mapped_column(_stored_as_text(LogoType))
    logo_digest: Mapped[str | None] = mapped_column(String(16))
    logo: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)

    oidc: Mapped["OidcClientRow | None"] = relationship(
        back_populates="relying_party", cascade="all, delete-orphan", lazy="joined"
    )
    saml: Mapped["SamlServiceProviderRow | None"] = relationship(
        back_populates="relying_party", cascade="all, delete-orphan", lazy="joined"
    )


class OidcClientRow(Base):
    """The OpenID Connect part of a relying party. Only SHA-256 fingerprints of its secrets are stored.

    `client_id` repeats the relying party's identifier, for nodes of the previous version.
    """

    __tablename__ = "oidc_client"
    __table_args__ = (
        CheckConstraint("(client_authentication = 'none') = (secret_fingerprint IS NULL)", name="secret_as_declared"),
        CheckConstraint("(previous_fingerprint IS NULL) = (previous_good_until IS NULL)", name="previous_secret_ends"),
        CheckConstraint("(subject_type = 'public') = (sector = '')", name="sector_as_declared"),
    )

    relying_party_id: Mapped[str] = mapped_column(ForeignKey("relying_party.id"), primary_key=True)
    client_id: Mapped[str] = mapped_column(String(64), unique=True)
    redirect_uris: Mapped[list[str]] = mapped_column(JSON)
    post_logout_redirect_uris: Mapped[list[str]] = mapped_column(JSON)
    client_authentication: Mapped[ClientAuthentication] = mapped_column(_stored_as_text(ClientAuthentication))
    require_pkce: Mapped[bool]
    subject_type: Mapped[SubjectType] = mapped_column(_stored_as_text(SubjectType))
    sector: Mapped[str] = mapped_column(String(253))
    id_token_signing_alg: Mapped[IdTokenAlgorithm] = mapped_column(_stored_as_text(IdTokenAlgorithm))
    initiate_login_uri: Mapped[str] = mapped_column(String(1000), server_default=text("''"))
    backchannel_logout_uri: Mapped[str] = mapped_column(String(1000), server_default=text("''"))
    origins: Mapped[list[str]] = mapped_column(JSON, server_default=text("'[]'"))
    secret_fingerprint: Mapped[str | None] = mapped_column(String(64))
    previous_fingerprint: Mapped[str | None] = mapped_column(String(64))
    previous_good_until: Mapped[datetime | None]

    relying_party: Mapped[RelyingParty] = relationship(back_populates="oidc")


class SamlServiceProviderRow(Base):
    """The SAML part of a relying party; `saml_json.py` writes and reads `terms` and `descriptor`.

    `metadata_xml` is the metadata as last verified. `signing_kid` is the key that
    signs our responses, null for the current one.
    """

    __tablename__ = "saml_service_provider"

    relying_party_id: Mapped[str] = mapped_column(ForeignKey("relying_party.id"), primary_key=True)
    entity_id: Mapped[str] = mapped_column(String(1024), unique=True)
    terms: Mapped[dict[str, Any]] = mapped_column(JSON)
    descriptor: Mapped[dict[str, Any]] = mapped_column(JSON)
    metadata_xml: Mapped[str] = mapped_column(Text, deferred=True)
    metadata_valid_until: Mapped[datetime | None]
    metadata_fetched_at: Mapped[datetime]
    signing_kid: Mapped[str | None] = mapped_column(Text)
    signing_kid_since: Mapped[datetime | None]

    relying_party: Mapped[RelyingParty] = relationship(back_populates="saml")
