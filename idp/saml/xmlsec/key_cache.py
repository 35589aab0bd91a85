"""Keys as the libraries want them, each loaded once for as long as it is in use: loading one costs as much as using it.

They are remembered by content, and never by where they came from: a key that
changes is another key.
"""

from base64 import b64decode
from functools import lru_cache

import xmlsec
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key
from cryptography.x509 import InvalidVersion, load_der_x509_certificate

from idp.keys.certificates import KeyType

FEWEST_RSA_BITS = 2048  # RGS annex B1: the least for a key in use
FEWEST_EC_BITS = 256
OURS_KEPT = 64
OTHERS_KEPT = 4096  # 10,000 service providers may have some; the busy ones stay

PublicKey = RSAPublicKey | EllipticCurvePublicKey
PrivateKey = RSAPrivateKey | EllipticCurvePrivateKey


@lru_cache(maxsize=OTHERS_KEPT)
def public_key(certificate: str) -> PublicKey | None:
    """The key that a certificate (DER in base64) carries; None when there is none that may be relied on.

    Neither its dates nor its issuer are looked at: SAML V2.0 Metadata Interoperability Profile, section 2.6.1.
    """
    try:
        key = load_der_x509_certificate(b64decode(certificate)).public_key()
    except (ValueError, UnsupportedAlgorithm, InvalidVersion):
        return None
    match key:
        case RSAPublicKey() if key.key_size >= FEWEST_RSA_BITS:
            return key
        case EllipticCurvePublicKey() if key.key_size >= FEWEST_EC_BITS:
            return key
    return None


def type_of(key: PublicKey | PrivateKey) -> KeyType:
    return "rsa" if isinstance(key, RSAPublicKey | RSAPrivateKey) else "ec"


@lru_cache(maxsize=OTHERS_KEPT)
def xmlsec_public_key(certificate: str) -> tuple[KeyType, xmlsec.Key] | None:
    """The same for xmlsec."""
    key = public_key(certificate)
    if key is None:
        return None
    pem = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return type_of(key), xmlsec.Key.from_memory(pem, xmlsec.constants.KeyDataFormatPem)


@lru_cache(maxsize=OURS_KEPT)
def private_key(pem: bytes) -> PrivateKey:
    """One of ours."""
    key = load_pem_private_key(pem, password=None)
    if not isinstance(key, RSAPrivateKey | EllipticCurvePrivateKey):
        raise TypeError("neither an RSA nor an elliptic curve key")
    return key
