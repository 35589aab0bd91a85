"""Client metadata, the JSON of RFC 7591 and OpenID Connect Dynamic Client Registration 1.0, read and written.

Members that neither specification defines are named `poterne_...`. Unknown
members are ignored (RFC 7591 section 2), and the answer shows what is registered.
"""

import re
import unicodedata
from typing import Any

from config.strict_parsing import parse_json
from relying_parties.addresses import host_of, origin_of
from relying_parties.field_reader import Document, read_bounded
from relying_parties.policy import Capabilities
from relying_parties.registration.enrollment_terms import enrollment_as_table
from relying_parties.registration.oidc_client import OidcClient
from relying_parties.registration.registration import Registration, Terms, registration_of

# the field of a registration: the member of client metadata
MEMBERS = {
    "name": "poterne_name",
    "display_name.fr": "client_name#fr",
    "display_name.en": "client_name#en",
    "login_button.fr": "poterne_login_button#fr",
    "login_button.en": "poterne_login_button#en",
    "home_url": "client_uri",
    "attributes": "poterne_attributes",
    "lowest_assurance": "poterne_lowest_assurance",
    "entry": "poterne_entry",
    "confirm_identity": "poterne_confirm_identity",
    "card_revocation_grace_hours": "poterne_card_revocation_grace_hours",
    "card_removal": "poterne_card_removal",
    "enrollment": "poterne_enrollment",
    "redirect_uris": "redirect_uris",
    "post_logout_redirect_uris": "post_logout_redirect_uris",
    "client_authentication": "token_endpoint_auth_method",
    "require_pkce": "poterne_require_pkce",
    "subject_type": "subject_type",
    "sector": "poterne_sector",
    "id_token_signing_alg": "id_token_signed_response_alg",
    "initiate_login_uri": "initiate_login_uri",
    "backchannel_logout_uri": "backchannel_logout_uri",
    "origins": "poterne_origins",
}
_FIXED = {"grant_types": ["authorization_code"], "response_types": ["code"]}
_MOST_WORDS = 32
_SESSION_REQUIRED = "backchannel_logout_session_required"  # honoured, but of idp/logout/operator_logout.py
_OTHERS = frozenset({"client_name", "sector_identifier_uri", _SESSION_REQUIRED, *_FIXED})


def parse(text: str | bytes) -> dict[str, object]:
    """The members of a JSON document.

    Raises:
        RegistrationProblems: the document is not a JSON object, has a member twice, or is too large.
    """
    return read_bounded(text, parse_json, language="JSON")


def read_client_metadata(received: str | bytes | dict[str, object], capabilities: Capabilities) -> Registration:
    """The registration that RFC 7591 client metadata requests; its name becomes the client_id.

    Unsupported `grant_types` and `response_types` are replaced by those that we support, as RFC 7591 section 2
    allows. The answer shows the replacement.

    Raises:
        RegistrationProblems: with every problem.
    """
    members = received if isinstance(received, dict) else parse(received)
    values = {name: members[member] for name, member in MEMBERS.items() if members.get(member) is not None}
    values |= {member: members[member] for member in _FIXED if members.get(member) is not None}
    unknown = frozenset(member for member in members if member not in _OTHERS and member not in MEMBERS.values())
    document = Document(values=values, places=MEMBERS, unknown=unknown)
    _complete(document, members, values)
    if not isinstance(members.get(_SESSION_REQUIRED, False), bool):
        document.refuse(_SESSION_REQUIRED, members[_SESSION_REQUIRED], "must be true or false")
    for member in _FIXED:
        document.texts(member, most=_MOST_WORDS)
    return registration_of(document, capabilities, logo=None)


def replaced_members(members: dict[str, object]) -> list[str]:
    """The members whose value we do not support and have replaced."""
    return [member for member, only in _FIXED.items() if members.get(member, only) != only]


def as_client_metadata(terms: Terms, *, identifier: str | None = None) -> dict[str, Any]:
    """These terms as client metadata: RFC 7591 section 3.2.1, without the secret."""
    metadata: dict[str, Any] = {"client_id": identifier} if identifier else {}
    metadata |= {
        "client_name": terms.display_name.fr,
        "client_name#fr": terms.display_name.fr,
        "client_name#en": terms.display_name.en,
        "client_uri": terms.home_url,
        "poterne_name": terms.name,
        "poterne_attributes": sorted(terms.attributes),
        "poterne_lowest_assurance": str(terms.lowest_assurance),
        "poterne_entry": str(terms.entry),
        "poterne_confirm_identity": terms.confirm_identity,
        "poterne_card_revocation_grace_hours": terms.card_revocation_grace_hours,
        "poterne_card_removal": str(terms.card_removal),
    }
    login_button = {"poterne_login_button#fr": terms.login_button.fr, "poterne_login_button#en": terms.login_button.en}
    metadata |= {member: text for member, text in login_button.items() if text}
    if terms.enrollment is not None:
        metadata["poterne_enrollment"] = enrollment_as_table(terms.enrollment)
    return metadata | (_oidc_members(terms.oidc) if terms.oidc else {})


def _oidc_members(terms: OidcClient) -> dict[str, Any]:
    members: dict[str, Any] = {
        "redirect_uris": list(terms.redirect_uris),
        "post_logout_redirect_uris": list(terms.post_logout_redirect_uris),
        "grant_types": _FIXED["grant_types"],
        "response_types": _FIXED["response_types"],
        "subject_type": str(terms.subject_type),
        "id_token_signed_response_alg": str(terms.id_token_signing_alg),
        "poterne_require_pkce": terms.require_pkce,
    }
    # Without this member, RFC 7591 section 2 assumes client_secret_basic, which SECRET accepts too.
    if terms.client_authentication.is_pinned:
        members["token_endpoint_auth_method"] = str(terms.client_authentication)
    if terms.sector:
        members["poterne_sector"] = terms.sector
    if terms.origins:
        members["poterne_origins"] = list(terms.origins)
    if terms.initiate_login_uri:
        members["initiate_login_uri"] = terms.initiate_login_uri
    if terms.backchannel_logout_uri:
        members |= {"backchannel_logout_uri": terms.backchannel_logout_uri, _SESSION_REQUIRED: True}
    return members


def _complete(document: Document, members: dict[str, object], values: dict[str, object]) -> None:
    """Derive the fields that the standard members express in another form."""
    client_name = members.get("client_name#fr", members.get("client_name"))
    if client_name is not None:
        values.setdefault("display_name.fr", client_name)
    if "name" not in values and isinstance(client_name, str) and (name := _name_from(client_name)):
        values["name"] = name
    first = members.get("redirect_uris")
    if "home_url" not in values and isinstance(first, list) and first and isinstance(first[0], str):
        origin = _origin(first[0])
        if origin is not None:
            values["home_url"] = f"{origin}/"
    identifier = members.get("sector_identifier_uri")
    if identifier is None or "sector" in values:
        return
    # We do not fetch an address that a stranger names. OpenID Connect Dynamic Client Registration 1.0, section 5,
    # fetches it to prove that the sector belongs to the application; `oidc_client.py` checks the host instead.
    if isinstance(identifier, str) and identifier.startswith("https://") and _origin(identifier) is not None:
        values["sector"] = host_of(identifier)
    else:
        document.refuse("sector_identifier_uri", identifier, "must be an https address")


def _origin(address: str) -> str | None:
    try:
        return origin_of(address) if host_of(address) else None
    except ValueError:
        return None


def _name_from(client_name: str) -> str:
    """`Périnat Centre` becomes `perinat-centre`."""
    plain = unicodedata.normalize("NFKD", client_name[:200]).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-0123456789")[:40].strip("-")
