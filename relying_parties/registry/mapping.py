"""Maps between the registry's rows and an `Application`."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.logos import Logo
from relying_parties.policy import ClientAuthentication
from relying_parties.problems import NoSuchApplication, shown
from relying_parties.registration.display_name import DisplayName
from relying_parties.registration.enrollment_terms import enrollment_as_table, enrollment_of_table
from relying_parties.registration.oidc_client import OidcClient, browser_origins
from relying_parties.registration.registration import Terms, is_identifier
from relying_parties.registration.saml_sp import SamlServiceProvider
from relying_parties.registry.application import Application, SecretFingerprint, fingerprint, make_secret
from relying_parties.registry.models import OidcClientRow, RelyingParty, SamlServiceProviderRow
from relying_parties.registry.saml_json import (
    service_provider_as_json,
    service_provider_of_json,
    terms_as_json,
    terms_of_json,
)
from relying_parties.sp_metadata.service_provider import could_be_entity_id

_PARTY = [column for column in RelyingParty.__table__.columns if column.name != "logo"]
_CLIENT = [column for column in OidcClientRow.__table__.columns if column.name not in ("relying_party_id", "client_id")]
_PROVIDER = [
    SamlServiceProviderRow.terms,
    SamlServiceProviderRow.descriptor,
    SamlServiceProviderRow.metadata_valid_until,
    SamlServiceProviderRow.signing_kid,
]

# One statement with every column except the logo and the metadata document.
APPLICATION = (
    select(*_PARTY, *_CLIENT, *_PROVIDER)
    .outerjoin_from(RelyingParty.__table__, OidcClientRow.__table__)
    .outerjoin(SamlServiceProviderRow.__table__, SamlServiceProviderRow.relying_party_id == RelyingParty.id)
)

# The columns from which the origins of a public client's pages are computed.
PUBLIC_CLIENTS = (
    select(OidcClientRow.origins, OidcClientRow.redirect_uris, OidcClientRow.client_authentication)
    .join(RelyingParty)
    .where(OidcClientRow.client_authentication == ClientAuthentication.NONE, RelyingParty.suspended_at.is_(None))
)


def origins_of_row(row: Any) -> tuple[str, ...]:
    """The origins of the pages of a row of `PUBLIC_CLIENTS`."""
    return browser_origins(row.client_authentication, row.redirect_uris, row.origins)


def application_of_row(row: Any) -> Application:
    """The application in a row of `APPLICATION`."""
    return _application(
        row, row if row.client_authentication is not None else None, row if row.descriptor is not None else None
    )


def application_of(row: RelyingParty) -> Application:
    return _application(row, row.oidc, row.saml)


def _application(party: Any, client: Any, provider: Any) -> Application:
    return Application(
        id=party.id,
        identifier=party.identifier,
        name=party.name,
        display_name=DisplayName(party.display_name_fr, party.display_name_en),
        login_button=DisplayName(party.login_button_fr, party.login_button_en),
        home_url=party.home_url,
        attributes=frozenset(party.attributes),
        lowest_assurance=party.lowest_assurance,
        entry=party.entry,
        confirm_identity=party.confirm_identity,
        card_revocation_grace_hours=party.card_revocation_grace_hours,
        card_removal=party.card_removal,
        enrollment=enrollment_of_table(party.enrollment) if party.enrollment is not None else None,
        logo=party.logo_digest,
        registered_at=party.registered_at,
        amended_at=party.amended_at,
        suspended_at=party.suspended_at,
        oidc=_oidc_terms(client) if client is not None else None,
        saml=_saml_terms(provider) if provider is not None else None,
        secrets=tuple(_fingerprints(client)) if client is not None else (),
        saml_signing_kid=provider.signing_kid if provider is not None else None,
    )


def _oidc_terms(client: Any) -> OidcClient:
    return OidcClient(
        redirect_uris=tuple(client.redirect_uris),
        post_logout_redirect_uris=tuple(client.post_logout_redirect_uris),
        client_authentication=client.client_authentication,
        require_pkce=client.require_pkce,
        subject_type=client.subject_type,
        sector=client.sector,
        id_token_signing_alg=client.id_token_signing_alg,
        initiate_login_uri=client.initiate_login_uri,
        backchannel_logout_uri=client.backchannel_logout_uri,
        origins=tuple(client.origins),
    )


def _saml_terms(provider: Any) -> SamlServiceProvider:
    """The end of the metadata's validity has a column of its own, because it changes without the rest."""
    metadata = service_provider_of_json(provider.descriptor, valid_until=provider.metadata_valid_until)
    return terms_of_json(provider.terms, metadata)


def _fingerprints(client: Any) -> Sequence[SecretFingerprint]:
    stored: tuple[tuple[str | None, datetime | None], ...] = (
        (client.secret_fingerprint, None),
        (client.previous_fingerprint, client.previous_good_until),
    )
    return [SecretFingerprint(digest=digest, good_until=good_until) for digest, good_until in stored if digest]


def write_terms(row: RelyingParty, terms: Terms) -> None:
    """Write `terms` into the rows. The identifier, secrets, logo and metadata document are written apart."""
    row.name = terms.name
    row.display_name_fr, row.display_name_en = terms.display_name.fr, terms.display_name.en
    row.login_button_fr, row.login_button_en = terms.login_button.fr, terms.login_button.en
    row.home_url = terms.home_url
    row.attributes = sorted(terms.attributes)
    row.lowest_assurance = terms.lowest_assurance
    row.entry = terms.entry
    row.confirm_identity = terms.confirm_identity
    row.card_revocation_grace_hours = terms.card_revocation_grace_hours
    row.card_removal = terms.card_removal
    row.enrollment = enrollment_as_table(terms.enrollment) if terms.enrollment is not None else None
    _write_oidc(row, terms.oidc)
    _write_saml(row, terms.saml)


def _write_oidc(row: RelyingParty, terms: OidcClient | None) -> None:
    if terms is None:
        row.oidc = None
        return
    if row.oidc is None:
        row.oidc = OidcClientRow(client_id=row.identifier)
    row.oidc.redirect_uris = list(terms.redirect_uris)
    row.oidc.post_logout_redirect_uris = list(terms.post_logout_redirect_uris)
    row.oidc.client_authentication = terms.client_authentication
    row.oidc.require_pkce = terms.require_pkce
    row.oidc.subject_type = terms.subject_type
    row.oidc.sector = terms.sector
    row.oidc.id_token_signing_alg = terms.id_token_signing_alg
    row.oidc.initiate_login_uri = terms.initiate_login_uri
    row.oidc.backchannel_logout_uri = terms.backchannel_logout_uri
    row.oidc.origins = list(terms.origins)


def _write_saml(row: RelyingParty, terms: SamlServiceProvider | None) -> None:
    if terms is None:
        row.saml = None
        return
    if row.saml is None:
        row.saml = SamlServiceProviderRow(metadata_xml="", metadata_fetched_at=datetime.now(UTC))
    row.saml.entity_id = terms.entity_id
    row.saml.terms = terms_as_json(terms)
    row.saml.descriptor = service_provider_as_json(terms.service_provider)
    row.saml.metadata_valid_until = terms.service_provider.valid_until


def write_metadata(row: RelyingParty, xml: bytes) -> None:
    """Write the metadata document as it was received; an empty `xml` changes nothing."""
    if row.saml is not None and xml:
        row.saml.metadata_xml = xml.decode("utf-8")
        row.saml.metadata_fetched_at = datetime.now(UTC)


def write_logo(row: RelyingParty, logo: Logo | None) -> None:
    row.logo_type, row.logo_digest, row.logo = (
        (logo.media_type, logo.digest, logo.content) if logo else (None, None, None)
    )


def lock_application(session: Session, name: str) -> RelyingParty:
    """The application whose name, identifier or entity id is `name`, locked until the transaction ends.

    Raises:
        NoSuchApplication
    """
    named = [RelyingParty.name == name, RelyingParty.identifier == name] if is_identifier(name) else []
    if could_be_entity_id(name):
        named.append(RelyingParty.saml.has(SamlServiceProviderRow.entity_id == name))
    for which in named:
        statement = select(RelyingParty).where(which).with_for_update(of=RelyingParty)
        if (row := session.scalars(statement).first()) is not None:
            return row
    raise unknown_application(name)


def unknown_application(name: str) -> NoSuchApplication:
    return NoSuchApplication(f"no application has the name, client_id or entity id {shown(name)}")


def write_secret(row: RelyingParty) -> str | None:
    """Make the first secret of a client that needs one, and return it; delete those of a public client."""
    if row.oidc is None:
        return None
    if not row.oidc.client_authentication.has_secret:
        row.oidc.secret_fingerprint = row.oidc.previous_fingerprint = row.oidc.previous_good_until = None
        return None
    if row.oidc.secret_fingerprint is not None:
        return None
    secret = make_secret()
    row.oidc.secret_fingerprint = fingerprint(secret)
    return secret
