"""Elements of an AuthnRequest that ask for an option."""

from idp.sessions.acr import CLASS
from relying_parties.policy import AssuranceLevel

PASSWORD = CLASS[AssuranceLevel.PASSWORD]
MERELY_PASSWORD = "urn:oasis:names:tc:SAML:2.0:ac:classes:Password"

PERSISTENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"
TRANSIENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient"

GIVEN_NAME, MAIL = "urn:oid:2.5.4.42", "urn:oid:0.9.2342.19200300.100.1.3"


def policy(**attributes: str) -> str:
    """NameIDPolicy."""
    said = "".join(f' {name}="{value}"' for name, value in attributes.items())
    return f"<samlp:NameIDPolicy{said}/>"
