"""Metadata of service providers for tests, signed by an invented federation: valid unless said otherwise."""

import re
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache

import xmlsec
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from lxml import etree

MD = "urn:oasis:names:tc:SAML:2.0:metadata"
DS = "http://www.w3.org/2000/09/xmldsig#"
POST = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"
REDIRECT = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"

MESSAGING = "https://messagerie.example/saml/metadata"


@dataclass(frozen=True, slots=True)
class Signer:
    """A signer of metadata, or the owner of a key in them."""

    private_key: bytes = field(repr=False)
    pem: str
    kind: str = "rsa"

    @property
    def certificate(self) -> str:
        """The base64 of its DER, as KeyDescriptors and trust have it."""
        return "".join(self.pem.split("-----")[2].split())


@cache
def a_signer(name: str = "federation.exemple.test", *, kind: str = "rsa", good_for: int = 3650) -> Signer:
    """`good_for` days."""
    key = ec.generate_private_key(ec.SECP256R1()) if kind == "ec" else rsa.generate_private_key(65537, 2048)
    called = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(called)
        .issuer_name(called)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=400))
        .not_valid_after(now + timedelta(days=good_for))
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return Signer(private, certificate.public_bytes(Encoding.PEM).decode(), kind)


def in_days(days: float) -> str:
    """An xs:dateTime, so many days from now."""
    return (datetime.now(UTC) + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")


def an_entity(
    entity_id: str = MESSAGING,
    *,
    acs: Sequence[str] = (),
    certificate: str = "",
    attributes: str = "",
    extensions: str = "",
    more: str = "",
) -> str:
    """An EntityDescriptor with one SPSSODescriptor; `attributes` are its own, beside its name."""
    site = re.sub(r"(https?://[^/]+).*", r"\1", entity_id)
    locations = acs or (f"{site}/saml/acs",)
    services = "".join(
        f'<md:AssertionConsumerService Binding="{POST}" Location="{location}" index="{index}"/>'
        for index, location in enumerate(locations)
    )
    key = (
        f'<md:KeyDescriptor><ds:KeyInfo xmlns:ds="{DS}"><ds:X509Data><ds:X509Certificate>{certificate}'
        "</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>"
        if certificate
        else ""
    )
    return (
        f'<md:EntityDescriptor xmlns:md="{MD}" entityID="{entity_id}" {attributes}>{extensions}'
        f'<md:SPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">{key}'
        f'<md:SingleLogoutService Binding="{REDIRECT}" Location="{site}/saml/logout"/>'
        f"{services}{more}</md:SPSSODescriptor></md:EntityDescriptor>"
    )


def an_aggregate(
    *entities: str,
    valid_until: str | None = "",
    root_id: str = "_aggregate",
    published_at: str = "",
    attributes: str = "",
) -> str:
    """An EntitiesDescriptor, good for a week; with `valid_until=None` it does not say for how long."""
    until = in_days(7) if valid_until == "" else valid_until
    good = f'validUntil="{until}"' if until else ""
    published = (
        '<md:Extensions><mdrpi:PublicationInfo xmlns:mdrpi="urn:oasis:names:tc:SAML:metadata:rpi"'
        f' publisher="https://federation.exemple.test" creationInstant="{published_at}"/></md:Extensions>'
        if published_at
        else ""
    )
    return (
        f'<md:EntitiesDescriptor xmlns:md="{MD}" ID="{root_id}" {good}>\n{published}'
        + "\n".join(entities)
        + "\n</md:EntitiesDescriptor>"
    )


def a_signed_entity(entity_id: str = MESSAGING, *, by: Signer | None = None, valid_until: str | None = "", **said: str):
    """An EntityDescriptor that stands alone: a document by itself, good for a week."""
    until = in_days(7) if valid_until == "" else valid_until
    attributes = 'ID="_entity" ' + (f'validUntil="{until}"' if until else "") + " " + said.pop("attributes", "")
    return signed(an_entity(entity_id, attributes=attributes, **said), by=by)


def signed(
    document: str | bytes,
    *,
    by: Signer | None = None,
    signature_method: str = "",
    digest_method: str = xmlsec.constants.TransformSha256,
    prefixes: str = "",
    key_info: Signer | None = None,
) -> bytes:
    """`document` with a signature over its root, as the first child of it, by python-xmlsec."""
    by = by or a_signer()
    root = etree.fromstring(document if isinstance(document, bytes) else document.encode())
    default = xmlsec.constants.TransformEcdsaSha256 if by.kind == "ec" else xmlsec.constants.TransformRsaSha256
    signature = xmlsec.template.create(root, xmlsec.constants.TransformExclC14N, signature_method or default, ns="ds")
    root.insert(0, signature)
    reference = xmlsec.template.add_reference(signature, digest_method, uri=f"#{root.get('ID')}")
    xmlsec.template.add_transform(reference, xmlsec.constants.TransformEnveloped)
    exclusive = xmlsec.template.add_transform(reference, xmlsec.constants.TransformExclC14N)
    if prefixes:
        xmlsec.template.transform_add_c14n_inclusive_namespaces(exclusive, prefixes)
    if key_info is not None:
        info = xmlsec.template.ensure_key_info(signature)
        xmlsec.template.add_x509_data(info)
    xmlsec.tree.add_ids(root, ["ID"])
    context = xmlsec.SignatureContext()
    context.key = xmlsec.Key.from_memory(by.private_key, xmlsec.constants.KeyDataFormatPem)
    if key_info is not None:
        context.key.load_cert_from_memory(key_info.pem.encode(), xmlsec.constants.KeyDataFormatCertPem)
    context.sign(signature)
    return etree.tostring(root)


def der_of(pem: str) -> str:
    """The base64 of the DER of the certificate in `pem`."""
    return b64encode(x509.load_pem_x509_certificate(pem.encode()).public_bytes(Encoding.DER)).decode()
