"""Between the registry's rows and its words: an `Application` out of rows, terms into them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select

from relying_parties.application import Application, SecretFingerprint
from relying_parties.logos import Logo
from relying_parties.models import OidcClient, RelyingParty
from relying_parties.registration import DisplayName, Terms

_PARTY = [column for column in RelyingParty.__table__.columns if column.name != "logo"]
_CLIENT = [column for column in OidcClient.__table__.columns if column.name != "relying_party_id"]

# One statement with every column but the picture.
APPLICATION = select(*_PARTY, *_CLIENT).join_from(RelyingParty.__table__, OidcClient.__table__)


def application_of_row(row: Any) -> Application:
    """An application out of a row of `APPLICATION`."""
    return _application(row, row)


def application_of(row: RelyingParty) -> Application:
    return _application(row, row.oidc)


def _application(party: Any, client: Any) -> Application:
    return Application(
        id=party.id,
        name=party.name,
        display_name=DisplayName(party.display_name_fr, party.display_name_en),
        towards=DisplayName(party.towards_fr, party.towards_en),
        home_url=party.home_url,
        attributes=frozenset(party.attributes),
        lowest_assurance=party.lowest_assurance,
        entry=party.entry,
        confirm_identity=party.confirm_identity,
        logo=party.logo_digest,
        registered_at=party.registered_at,
        amended_at=party.amended_at,
        suspended_at=party.suspended_at,
        client_id=client.client_id,
        redirect_uris=tuple(client.redirect_uris),
        post_logout_redirect_uris=tuple(client.post_logout_redirect_uris),
        client_authentication=client.client_authentication,
        require_pkce=client.require_pkce,
        subject_type=client.subject_type,
        sector=client.sector,
        id_token_signing_alg=client.id_token_signing_alg,
        secrets=tuple(
            _fingerprints((client.secret_fingerprint, None), (client.previous_fingerprint, client.previous_good_until))
        ),
    )


def _fingerprints(*kept: tuple[str | None, datetime | None]) -> Sequence[SecretFingerprint]:
    return [SecretFingerprint(digest=digest, good_until=good_until) for digest, good_until in kept if digest]


def write_terms(row: RelyingParty, terms: Terms) -> None:
    """Into the rows; the client_id, the secrets and the logo are not terms."""
    row.name = terms.name
    row.display_name_fr, row.display_name_en = terms.display_name.fr, terms.display_name.en
    row.towards_fr, row.towards_en = terms.towards.fr, terms.towards.en
    row.home_url = terms.home_url
    row.attributes = sorted(terms.attributes)
    row.lowest_assurance = terms.lowest_assurance
    row.entry = terms.entry
    row.confirm_identity = terms.confirm_identity
    row.oidc.redirect_uris = list(terms.redirect_uris)
    row.oidc.post_logout_redirect_uris = list(terms.post_logout_redirect_uris)
    row.oidc.client_authentication = terms.client_authentication
    row.oidc.require_pkce = terms.require_pkce
    row.oidc.subject_type = terms.subject_type
    row.oidc.sector = terms.sector
    row.oidc.id_token_signing_alg = terms.id_token_signing_alg


def write_logo(row: RelyingParty, logo: Logo | None) -> None:
    row.logo_type, row.logo_digest, row.logo = (
        (logo.media_type, logo.digest, logo.content) if logo else (None, None, None)
    )
