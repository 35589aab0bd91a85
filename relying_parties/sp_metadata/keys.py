"""The KeyDescriptors of a service provider's metadata: SAML V2.0 Metadata, section 2.4.1.1.

A certificate here only carries a key (Metadata Interoperability Profile,
section 2.6.1): who issued it and until when says nothing, its key says all.
"""

import binascii
from base64 import b64decode, b64encode
from dataclasses import dataclass, field
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

from relying_parties.sp_metadata.service_provider import EncryptionKey, EncryptionMethod
from relying_parties.sp_metadata.xml_values import Findings, numbered, text_of

MD = "{urn:oasis:names:tc:SAML:2.0:metadata}"
DS = "{http://www.w3.org/2000/09/xmldsig#}"
XENC = "{http://www.w3.org/2001/04/xmlenc#}"
_MGF = "{http://www.w3.org/2009/xmlenc11#}MGF"

MOST_SIGNING_KEYS = 8  # each is tried for a message that nobody has signed; a key rollover has two
_MOST_KEYS = 32
_MOST_METHODS = 32
_LONGEST_CERTIFICATE = 16_384
_LONGEST_URI = 200
_SMALLEST_RSA, _LARGEST_RSA = 2048, 8192  # larger ones cost whoever verifies
_CURVES = ("secp256r1", "secp384r1", "secp521r1")


@dataclass(slots=True)
class Keys:
    """Certificates by use, in the order of the document, none of them twice."""

    signing: dict[str, None] = field(default_factory=dict)
    encryption: dict[str, EncryptionKey] = field(default_factory=dict)


def read_keys(role: etree._Element, findings: Findings) -> Keys:
    """Every key of the role; one without `use` is for both."""
    keys = Keys()
    for number, (place, descriptor) in enumerate(numbered(role, f"{MD}KeyDescriptor")):
        if number == _MOST_KEYS:
            findings.refuse("KeyDescriptor", number, f"there must be at most {_MOST_KEYS}")
            return keys
        use = descriptor.get("use")
        if use not in (None, "signing", "encryption"):
            findings.refuse(f"{place}, use", use, "must be signing or encryption, or left out for both")
            continue
        _read_key(descriptor, place, use, keys, findings)
    if len(keys.signing) > MOST_SIGNING_KEYS:
        findings.refuse("KeyDescriptor", len(keys.signing), f"there must be at most {MOST_SIGNING_KEYS} to sign with")
    return keys


def _read_key(descriptor: etree._Element, place: str, use: str | None, keys: Keys, findings: Findings) -> None:
    methods = _methods(descriptor, place, findings)
    certificates = list(descriptor.iterfind(f"{DS}KeyInfo/{DS}X509Data/{DS}X509Certificate"))
    if not certificates:
        findings.refuse(place, None, "must hold its key as an X509Certificate: other forms of KeyInfo are not read")
    for number, element in enumerate(certificates, start=1):
        told = f"{place}, X509Certificate {number}"
        der, key = _read_certificate(element, told, findings)
        if key is None:
            continue
        if use != "encryption":
            keys.signing[der] = None
        if use != "signing" and isinstance(key, rsa.RSAPublicKey):
            keys.encryption[der] = EncryptionKey(certificate=der, methods=methods)
        elif use == "encryption":
            findings.refuse(told, "a key of elliptic curves", "must be an RSA key: we encrypt for no other")


def _read_certificate(
    element: etree._Element, place: str, findings: Findings
) -> tuple[str, CertificatePublicKeyTypes | None]:
    """The base64 of its DER, and its key when that is one to rely on."""
    written = "".join(text_of(element).split())
    if not written or len(written) > _LONGEST_CERTIFICATE:
        received = f"{len(written)} characters"
        findings.refuse(place, received, f"must be the base64 of a certificate, at most {_LONGEST_CERTIFICATE} long")
        return "", None
    try:
        der = b64decode(written, validate=True)
        certificate = x509.load_der_x509_certificate(der)
        key = certificate.public_key()
        der = certificate.public_bytes(Encoding.DER)
    except (binascii.Error, ValueError, UnsupportedAlgorithm):
        findings.refuse(place, written[:40], "cannot be read: must be the base64 of the DER of an X.509 certificate")
        return "", None
    if fault := _key_fault(key):
        findings.refuse(place, _named(key), fault)
        return "", None
    return b64encode(der).decode(), key


def _key_fault(key: CertificatePublicKeyTypes) -> str | None:
    match key:
        case rsa.RSAPublicKey():
            if not _SMALLEST_RSA <= key.key_size <= _LARGEST_RSA:
                return f"its key must have {_SMALLEST_RSA} to {_LARGEST_RSA} bits"
            return None if key.public_numbers().e >= 65_537 else "its key's exponent must be 65537 or more"
        case ec.EllipticCurvePublicKey():
            return None if key.curve.name in _CURVES else f"its curve must be one of {', '.join(_CURVES)}"
    return "its key must be RSA or of an elliptic curve"


def _named(key: CertificatePublicKeyTypes) -> str:
    match key:
        case rsa.RSAPublicKey():
            return f"RSA of {key.key_size} bits"
        case ec.EllipticCurvePublicKey():
            return key.curve.name
    return type(key).__name__


def _methods(descriptor: etree._Element, place: str, findings: Findings) -> tuple[EncryptionMethod, ...]:
    """XML Encryption 1.1 section 3.2; the element around is metadata's own (section 2.4.1.1)."""
    methods: list[EncryptionMethod] = []
    for told, element in numbered(descriptor, f"{MD}EncryptionMethod"):
        uris = [element.get("Algorithm"), *(_algorithm_of(element, name) for name in (f"{DS}DigestMethod", _MGF))]
        if len(methods) == _MOST_METHODS or not uris[0] or any(uri and len(uri) > _LONGEST_URI for uri in uris):
            findings.refuse(f"{place}, {told}", uris[0], f"must be one of at most {_MOST_METHODS}, each with its URI")
            return ()
        size = element.findtext(f"{XENC}KeySize", "").strip()
        methods.append(
            EncryptionMethod(
                algorithm=uris[0],
                digest=uris[1],
                mgf=uris[2],
                key_size=int(size) if size.isascii() and size.isdigit() and len(size) < 6 else None,
            )
        )
    return tuple(methods)


def _algorithm_of(method: etree._Element, name: str) -> str | None:
    element = method.find(name)
    return element.get("Algorithm") if element is not None else None


def certificate_ends(certificate: str) -> datetime:
    """Until when a certificate that was read here says it is good."""
    return x509.load_der_x509_certificate(b64decode(certificate)).not_valid_after_utc
