"""The vocabulary of SAML 2.0 (Core): namespaces, status codes, name identifier formats and instants."""

import re
from datetime import UTC, datetime
from enum import StrEnum

PROTOCOL = "saml"

ASSERTION_NAMESPACE = "urn:oasis:names:tc:SAML:2.0:assertion"
PROTOCOL_NAMESPACE = "urn:oasis:names:tc:SAML:2.0:protocol"

SAML = f"{{{ASSERTION_NAMESPACE}}}"
SAMLP = f"{{{PROTOCOL_NAMESPACE}}}"

ENTITY_FORMAT = "urn:oasis:names:tc:SAML:2.0:nameid-format:entity"
BEARER = "urn:oasis:names:tc:SAML:2.0:cm:bearer"
URI_NAMES = "urn:oasis:names:tc:SAML:2.0:attrname-format:uri"


class TopStatus(StrEnum):
    """Top-level status codes: Core, section 3.2.2.2."""

    SUCCESS = "urn:oasis:names:tc:SAML:2.0:status:Success"
    REQUESTER = "urn:oasis:names:tc:SAML:2.0:status:Requester"
    RESPONDER = "urn:oasis:names:tc:SAML:2.0:status:Responder"


class StatusCode(StrEnum):
    """Second-level status codes: Core, section 3.2.2.2."""

    AUTHN_FAILED = "urn:oasis:names:tc:SAML:2.0:status:AuthnFailed"
    INVALID_NAMEID_POLICY = "urn:oasis:names:tc:SAML:2.0:status:InvalidNameIDPolicy"
    NO_AUTHN_CONTEXT = "urn:oasis:names:tc:SAML:2.0:status:NoAuthnContext"
    NO_PASSIVE = "urn:oasis:names:tc:SAML:2.0:status:NoPassive"
    NO_SUPPORTED_IDP = "urn:oasis:names:tc:SAML:2.0:status:NoSupportedIDP"
    PARTIAL_LOGOUT = "urn:oasis:names:tc:SAML:2.0:status:PartialLogout"
    REQUEST_DENIED = "urn:oasis:names:tc:SAML:2.0:status:RequestDenied"
    REQUEST_UNSUPPORTED = "urn:oasis:names:tc:SAML:2.0:status:RequestUnsupported"
    UNKNOWN_PRINCIPAL = "urn:oasis:names:tc:SAML:2.0:status:UnknownPrincipal"


class NameIdFormat(StrEnum):
    """The name identifier formats that we support: Core, section 8.3."""

    UNSPECIFIED = "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified"
    EMAIL = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"
    PERSISTENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"
    TRANSIENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient"
    ENCRYPTED = "urn:oasis:names:tc:SAML:2.0:nameid-format:encrypted"


LONGEST_ID = 256
"""The longest ID of a message, NameID or SessionIndex that we accept, in characters."""


_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?Z?")


def instant(text: str) -> datetime | None:
    """An xs:dateTime in UTC, to the microsecond (Core, section 1.3.3); None if `text` is not one."""
    if not _INSTANT.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError:  # the 31st of February
        return None
