"""Registrations for tests: valid unless said otherwise, so that a test names only what it is about."""

from typing import Any

from config.logos import Logo, LogoType
from relying_parties.policy import (
    AccessRule,
    AssuranceLevel,
    Capabilities,
    ClientAuthentication,
    IdTokenAlgorithm,
    SubjectType,
)
from relying_parties.registration.display_name import DisplayName
from relying_parties.registration.oidc_client import OidcClient
from relying_parties.registration.registration import Registration

ATTRIBUTES = frozenset({"given_name", "family_name", "email", "profession", "login"})

AN_SVG = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><circle cx="4" cy="4" r="3" fill="#0f4c5f"/></svg>'
A_LOGO = Logo(media_type=LogoType.SVG, content=AN_SVG)


def some_capabilities(**changes: Any) -> Capabilities:
    """An installation where one logs in by password, in production."""
    offered: dict[str, Any] = {
        "attributes": ATTRIBUTES,
        "methods": {"password": AssuranceLevel.PASSWORD},
        "confidentiality_levels": ("public", "professionals", "hidden"),
    }
    return Capabilities(**(offered | changes))


def a_registration(**changes: Any) -> Registration:
    """The DCC's, or whatever `changes` make of it; terms of OpenID Connect are named like the others."""
    terms: dict[str, Any] = {
        "name": "dcc",
        "identifier": "dcc",
        "display_name": DisplayName("Dossier communicant de cancérologie", "Shared cancer care record"),
        "login_button": DisplayName("au DCC", "to the DCC"),
        "logo": None,
        "home_url": "https://dcc.example/",
        "attributes": frozenset({"given_name", "family_name"}),
        "lowest_assurance": AssuranceLevel.PASSWORD,
        "entry": AccessRule.EVERYONE,
        "confirm_identity": False,
    }
    if "client_id" in changes:
        changes["identifier"] = changes.pop("client_id")
    of_oidc = {name: changes.pop(name) for name in set(changes) & set(OidcClient.__dataclass_fields__)}
    return Registration(**({"oidc": oidc_terms(**of_oidc)} | terms | changes))


def oidc_terms(**changes: Any) -> OidcClient:
    """The DCC's."""
    terms: dict[str, Any] = {
        "redirect_uris": ("https://dcc.example/callback",),
        "post_logout_redirect_uris": ("https://dcc.example/",),
        "client_authentication": ClientAuthentication.BASIC,
        "require_pkce": True,
        "subject_type": SubjectType.PUBLIC,
        "sector": "",
        "id_token_signing_alg": IdTokenAlgorithm.RS256,
    }
    return OidcClient(**(terms | changes))


def client_metadata(**changes: Any) -> dict[str, Any]:
    """RFC 7591 client metadata that is accepted; a member changed to None is left out."""
    members: dict[str, Any] = {
        "client_name": "Dossier communicant de cancérologie",
        "redirect_uris": ["https://dcc.example/callback"],
        "poterne_lowest_assurance": "password",
    }
    return {member: value for member, value in (members | changes).items() if value is not None}
