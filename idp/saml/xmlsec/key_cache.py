"""A cache of loaded keys: loading a key costs as much as using it.

The cache is keyed by content, never by the owner of a key, so a changed key is a new entry.
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

FEWEST_RSA_BITS = 2048  # RGS annex B1
FEWEST_EC_BITS = 256
OUR_KEYS = 64
OTHERS_KEYS = 4096  # of up to 10,000 service providers, those used last

PublicKey = RSAPublicKey | EllipticCurvePublicKey
PrivateKey = RSAPrivateKey | EllipticCurvePrivateKey


@lru_cache(maxsize=OTHERS_KEYS)
def public_key(certificate: str) -> PublicKey | None:
    """The key in a certificate (DER in base64); None if the certificate is malformed or the key too weak.

    The dates and the issuer are ignored: SAML V2.0 Metadata Interoperability Profile, section 2.6.1.
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


@lru_cache(maxsize=OTHERS_KEYS)
def xmlsec_public_key(certificate: str) -> tuple[KeyType, xmlsec.Key] | None:
    """The type of the key in a certificate, and the key for xmlsec; None as for `public_key`."""
    key = public_key(certificate)
    if key is None:
        return None
    pem = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return type_of(key), xmlsec.Key.from_memory(pem, xmlsec.constants.KeyDataFormatPem)


@lru_cache(maxsize=OUR_KEYS)
def private_key(pem: bytes) -> PrivateKey:
    """One of our private keys (PEM)."""
    key = load_pem_private_key(pem, password=None)
    if not isinstance(key, RSAPrivateKey | EllipticCurvePrivateKey):
        raise TypeError("neither an RSA nor an elliptic curve key")
    return key
