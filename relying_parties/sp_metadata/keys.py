"""The KeyDescriptors of a service provider's metadata: SAML V2.0 Metadata, section 2.4.1.1.

A certificate here only carries a key (Metadata Interoperability Profile,
section 2.6.1): its issuer and its dates are not checked.
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

MOST_SIGNING_KEYS = 8  # a forged message costs one verification a key; a key rollover has two
_MOST_KEYS = 32
_MOST_METHODS = 32
_LONGEST_CERTIFICATE = 16_384
_LONGEST_URI = 200
_SMALLEST_RSA, _LARGEST_RSA = 2048, 8192  # bits; larger keys cost too much to verify with
_CURVES = ("secp256r1", "secp384r1", "secp521r1")


@dataclass(slots=True)
class Keys:
    """The certificates for each use, in the order of the document, without duplicates."""

    signing: dict[str, None] = field(default_factory=dict)
    encryption: dict[str, EncryptionKey] = field(default_factory=dict)


def read_keys(role: etree._Element, findings: Findings) -> Keys:
    """The keys of a role; one without `use` is for signing and encryption."""
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
        findings.refuse("KeyDescriptor", len(keys.signing), f"there must be at most {MOST_SIGNING_KEYS} signing keys")
    return keys


def _read_key(descriptor: etree._Element, place: str, use: str | None, keys: Keys, findings: Findings) -> None:
    methods = _methods(descriptor, place, findings)
    certificates = list(descriptor.iterfind(f"{DS}KeyInfo/{DS}X509Data/{DS}X509Certificate"))
    if not certificates:
        findings.refuse(place, None, "must contain an X509Certificate: other forms of KeyInfo are not read")
    for number, element in enumerate(certificates, start=1):
        certificate_place = f"{place}, X509Certificate {number}"
        der, key = _read_certificate(element, certificate_place, findings)
        if key is None:
            continue
        if use != "encryption":
            keys.signing[der] = None
        if use != "signing" and isinstance(key, rsa.RSAPublicKey):
            keys.encryption[der] = EncryptionKey(certificate=der, methods=methods)
        elif use == "encryption":
            findings.refuse(certificate_place, "an elliptic curve key", "must be an RSA key: we encrypt for no other")


def _read_certificate(
    element: etree._Element, place: str, findings: Findings
) -> tuple[str, CertificatePublicKeyTypes | None]:
    """The base64 of the certificate's DER, and its key; the key is None when it is refused."""
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
        findings.refuse(place, _description(key), fault)
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
    return "its key must be an RSA or an elliptic curve key"


def _description(key: CertificatePublicKeyTypes) -> str:
    match key:
        case rsa.RSAPublicKey():
            return f"RSA of {key.key_size} bits"
        case ec.EllipticCurvePublicKey():
            return key.curve.name
    return type(key).__name__


def _methods(descriptor: etree._Element, place: str, findings: Findings) -> tuple[EncryptionMethod, ...]:
    """The EncryptionMethod elements (section 2.4.1.1), whose content XML Encryption 1.1 section 3.2 defines."""
    methods: list[EncryptionMethod] = []
    for method_place, element in numbered(descriptor, f"{MD}EncryptionMethod"):
        uris = [element.get("Algorithm"), *(_algorithm_of(element, name) for name in (f"{DS}DigestMethod", _MGF))]
        if len(methods) == _MOST_METHODS or not uris[0] or any(uri and len(uri) > _LONGEST_URI for uri in uris):
            change = f"there must be at most {_MOST_METHODS}, each with an Algorithm"
            findings.refuse(f"{place}, {method_place}", uris[0], change)
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
    """The end of validity of a certificate, given as the base64 of its DER."""
    return x509.load_der_x509_certificate(b64decode(certificate)).not_valid_after_utc
