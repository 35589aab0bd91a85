"""The words of SAML 2.0: namespaces, status codes, name identifier formats, and how it writes an instant (Core)."""

import re
from datetime import UTC, datetime
from enum import StrEnum

PROTOCOL = "saml"

ASSERTION_NAMESPACE = "urn:oasis:names:tc:SAML:2.0:assertion"
PROTOCOL_NAMESPACE = "urn:oasis:names:tc:SAML:2.0:protocol"
SIGNATURE_NAMESPACE = "http://www.w3.org/2000/09/xmldsig#"

SAML = f"{{{ASSERTION_NAMESPACE}}}"
SAMLP = f"{{{PROTOCOL_NAMESPACE}}}"
DS = f"{{{SIGNATURE_NAMESPACE}}}"

ENTITY_FORMAT = "urn:oasis:names:tc:SAML:2.0:nameid-format:entity"
BEARER = "urn:oasis:names:tc:SAML:2.0:cm:bearer"
URI_NAMES = "urn:oasis:names:tc:SAML:2.0:attrname-format:uri"


class TopStatus(StrEnum):
    """Core, section 3.2.2.2: what became of a request, said first."""

    SUCCESS = "urn:oasis:names:tc:SAML:2.0:status:Success"
    REQUESTER = "urn:oasis:names:tc:SAML:2.0:status:Requester"
    RESPONDER = "urn:oasis:names:tc:SAML:2.0:status:Responder"
    VERSION_MISMATCH = "urn:oasis:names:tc:SAML:2.0:status:VersionMismatch"


class StatusCode(StrEnum):
    """Core, section 3.2.2.2: why, said second."""

    AUTHN_FAILED = "urn:oasis:names:tc:SAML:2.0:status:AuthnFailed"
    INVALID_ATTR_NAME_OR_VALUE = "urn:oasis:names:tc:SAML:2.0:status:InvalidAttrNameOrValue"
    INVALID_NAMEID_POLICY = "urn:oasis:names:tc:SAML:2.0:status:InvalidNameIDPolicy"
    NO_AUTHN_CONTEXT = "urn:oasis:names:tc:SAML:2.0:status:NoAuthnContext"
    NO_PASSIVE = "urn:oasis:names:tc:SAML:2.0:status:NoPassive"
    NO_SUPPORTED_IDP = "urn:oasis:names:tc:SAML:2.0:status:NoSupportedIDP"
    PARTIAL_LOGOUT = "urn:oasis:names:tc:SAML:2.0:status:PartialLogout"
    REQUEST_DENIED = "urn:oasis:names:tc:SAML:2.0:status:RequestDenied"
    REQUEST_UNSUPPORTED = "urn:oasis:names:tc:SAML:2.0:status:RequestUnsupported"
    REQUEST_VERSION_DEPRECATED = "urn:oasis:names:tc:SAML:2.0:status:RequestVersionDeprecated"
    UNKNOWN_PRINCIPAL = "urn:oasis:names:tc:SAML:2.0:status:UnknownPrincipal"
    UNSUPPORTED_BINDING = "urn:oasis:names:tc:SAML:2.0:status:UnsupportedBinding"


class NameIdFormat(StrEnum):
    """Core, section 8.3: the formats that have a meaning here."""

    UNSPECIFIED = "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified"
    EMAIL = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"
    PERSISTENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"
    TRANSIENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient"
    ENCRYPTED = "urn:oasis:names:tc:SAML:2.0:nameid-format:encrypted"


LONGEST_ID = 256
"""Characters of an identifier: of a message, of a name."""


_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?Z?")


def instant(text: str) -> datetime | None:
    """Core, section 1.3.3: xs:dateTime in UTC, to the microsecond; None when it is not."""
    if not _INSTANT.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError:  # the 31st of February
        return None
