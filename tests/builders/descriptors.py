"""Metadata of service providers in XML, for tests: valid unless said otherwise."""

from base64 import b64encode
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from relying_parties.sp_metadata.service_provider import Binding
from tests.builders.saml import ENTITY_ID, key_pair

MD = "urn:oasis:names:tc:SAML:2.0:metadata"
DS = "http://www.w3.org/2000/09/xmldsig#"
PROTOCOL = "urn:oasis:names:tc:SAML:2.0:protocol"

HEAD = (
    f'<md:EntityDescriptor xmlns:md="{MD}" xmlns:ds="{DS}" xmlns:mdui="urn:oasis:names:tc:SAML:metadata:ui"'
    ' xmlns:mdattr="urn:oasis:names:tc:SAML:metadata:attribute" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"'
    ' xmlns:xenc="http://www.w3.org/2001/04/xmlenc#" xmlns:xenc11="http://www.w3.org/2009/xmlenc11#"'
)

NAMES = (
    "<md:Extensions><mdui:UIInfo>"
    '<mdui:DisplayName xml:lang="fr">Messagerie sécurisée</mdui:DisplayName>'
    '<mdui:DisplayName xml:lang="en">Secure messaging</mdui:DisplayName>'
    '<mdui:InformationURL xml:lang="fr">https://messagerie.example/accueil</mdui:InformationURL>'
    "</mdui:UIInfo></md:Extensions>"
)

# What everything in it may say, at least once.
ALL_OF_A_ROLE = (
    '<md:ArtifactResolutionService Binding="urn:oasis:names:tc:SAML:2.0:bindings:SOAP" index="0"'
    ' Location="https://messagerie.example/saml/artifact"/>'
    '<md:SingleLogoutService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"'
    ' Location="https://messagerie.example/saml/logout" ResponseLocation="https://messagerie.example/saml/out"/>'
    "<md:NameIDFormat>urn:oasis:names:tc:SAML:2.0:nameid-format:persistent</md:NameIDFormat>"
)


def an_endpoint(
    location: str = "https://messagerie.example/saml/acs",
    *,
    binding: str = Binding.POST,
    name: str = "AssertionConsumerService",
    index: int | str = 0,
    more: str = "",
) -> str:
    return f'<md:{name} Binding="{binding}" Location="{location}" index="{index}" {more}/>'


def a_key(certificate: str | None = None, *, use: str | None = None, more: str = "") -> str:
    """A KeyDescriptor; `more` is its EncryptionMethods."""
    said = key_pair("messagerie").certificate if certificate is None else certificate
    return (
        f"<md:KeyDescriptor{'' if use is None else f' use={use!r}'}><ds:KeyInfo><ds:X509Data><ds:X509Certificate>"
        f"{said}</ds:X509Certificate></ds:X509Data></ds:KeyInfo>{more}</md:KeyDescriptor>"
    )


def encryption_methods(*algorithms: str) -> str:
    return "".join(f'<md:EncryptionMethod Algorithm="{algorithm}"/>' for algorithm in algorithms)


def a_service_provider_metadata(
    *,
    entity_id: str = ENTITY_ID,
    attributes: str = "",
    extensions: str = "",
    role: str = f'protocolSupportEnumeration="{PROTOCOL}"',
    names: str = NAMES,
    keys: Sequence[str] | None = None,
    before: str = "",
    endpoints: Sequence[str] | None = None,
    after: str = "",
    organization: str = "",
) -> bytes:
    """The messaging service's, in the order that section 2.4 gives its parts."""
    keys = [a_key()] if keys is None else keys
    endpoints = [an_endpoint()] if endpoints is None else endpoints
    parts = "".join([*keys, before, *endpoints])
    return (
        f'{HEAD} entityID="{entity_id}" {attributes}>{extensions}'
        f"<md:SPSSODescriptor {role}>{names}{parts}{after}</md:SPSSODescriptor>{organization}</md:EntityDescriptor>"
    ).encode()


@cache
def a_certificate(*, bits: int = 2048, curve: ec.EllipticCurve | None = None, number: int = 1) -> str:
    """The base64 of the DER of one with such a key. Another `number` is another key."""
    key = ec.generate_private_key(curve) if curve else rsa.generate_private_key(65537, bits)
    called = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "messagerie.example")])
    made = datetime(2026, 1, 1, tzinfo=UTC)
    certificate = (
        x509.CertificateBuilder(called, called, key.public_key(), number)
        .not_valid_before(made)
        .not_valid_after(made + timedelta(days=3650))
        .sign(key, SHA256())
    )
    return base64_of(certificate)


def base64_of(certificate: x509.Certificate) -> str:
    return b64encode(certificate.public_bytes(Encoding.DER)).decode()


def days_from_now(days: int) -> str:
    """An xs:dateTime."""
    return f"{datetime.now(UTC) + timedelta(days=days):%Y-%m-%dT%H:%M:%SZ}"
