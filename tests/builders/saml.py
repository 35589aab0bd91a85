"""Service providers for tests: what their metadata says and what is agreed with them, valid unless said otherwise."""

from base64 import b64encode
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from relying_parties.registration.display_name import DisplayName
from relying_parties.registration.registration import Registration
from relying_parties.registration.saml_sp import MetadataKind, MetadataOrigin, SamlServiceProvider
from relying_parties.sp_metadata.service_provider import Binding, EncryptionKey, Endpoint, ServiceProvider
from tests.builders.registry import a_registration

ENTITY_ID = "https://messagerie.example/saml/metadata"
CONSUMER = "https://messagerie.example/saml/acs"
OTHER_CONSUMER = "https://messagerie.example/saml/acs/other"


@dataclass(frozen=True, slots=True)
class KeyPair:
    """A key and the certificate that metadata gives it by. `certificate` is DER in base64."""

    private_key: bytes = field(repr=False)
    certificate: str


def key_pair(name: str, kind: str = "rsa") -> KeyPair:
    """The same for the same name, all through a run."""
    return _key_pair(name, kind)


@cache
def _key_pair(name: str, kind: str) -> KeyPair:
    key = rsa.generate_private_key(65537, 2048) if kind == "rsa" else ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    made = datetime(2026, 1, 1, tzinfo=UTC)
    certificate = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(made)
        .not_valid_after(made + timedelta(days=3650))
        .sign(key, SHA256())
    )
    return KeyPair(
        private_key=key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
        certificate=b64encode(certificate.public_bytes(Encoding.DER)).decode(),
    )


def a_service_provider(**changes: Any) -> ServiceProvider:
    """The messaging service's: it signs with a key of its own, and has none to be encrypted for."""
    said: dict[str, Any] = {
        "entity_id": ENTITY_ID,
        "assertion_consumer_services": (
            Endpoint(binding=Binding.POST, location=CONSUMER, index=0, is_default=True),
            Endpoint(binding=Binding.POST, location=OTHER_CONSUMER, index=1),
        ),
        "signing_certificates": (key_pair("messagerie").certificate,),
    }
    return ServiceProvider(**(said | changes))


def encryption_key(name: str = "messagerie", *, kind: str = "rsa", **changes: Any) -> EncryptionKey:
    return EncryptionKey(**({"certificate": key_pair(name, kind).certificate} | changes))


def a_saml_registration(**changes: Any) -> Registration:
    """The messaging service's; what its metadata says and what is agreed are named like the other terms."""
    said = {name: changes.pop(name) for name in set(changes) & set(ServiceProvider.__dataclass_fields__)}
    agreed = {name: changes.pop(name) for name in set(changes) & set(SamlServiceProvider.__dataclass_fields__)}
    terms = SamlServiceProvider(
        **(
            {
                "service_provider": a_service_provider(**said),
                "metadata": MetadataOrigin(kind=MetadataKind.FILE, where="messagerie.xml"),
            }
            | agreed
        )
    )
    named: dict[str, Any] = {
        "name": "messagerie",
        "identifier": "messagerie",
        "display_name": DisplayName("Messagerie sécurisée", "Secure messaging"),
        "login_button": DisplayName("à la messagerie", "to the messaging service"),
        "home_url": "https://messagerie.example/",
        "oidc": None,
        "saml": terms,
    }
    return a_registration(**(named | changes))
