"""The value of a signature over octets: RFC 3447 section 8.2, RFC 9231 section 2.3.6.

Redirect queries and XML use the same functions, so only one library uses our private keys.
"""

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from idp.keys.certificates import SigningIdentity
from idp.saml.xmlsec.algorithms import SIGNATURES, Signing
from idp.saml.xmlsec.key_cache import PublicKey, private_key
from relying_parties.registration.saml_sp import SignatureAlgorithm


def signing_for(identity: SigningIdentity, algorithm: SignatureAlgorithm) -> Signing:
    """The signature algorithm, for a key of its type.

    Raises:
        ValueError: the key has another type.
    """
    signing = SIGNATURES[algorithm]
    if signing.key_type != identity.key_type:
        raise ValueError(f"{algorithm.value} does not sign with a key of type {identity.key_type}")
    return signing


def signature_value(octets: bytes, identity: SigningIdentity, signing: Signing) -> bytes:
    """The signature of these octets by `identity`."""
    key = private_key(identity.private_key)
    if isinstance(key, RSAPrivateKey):
        return key.sign(octets, PKCS1v15(), signing.hash)
    r, s = decode_dss_signature(key.sign(octets, ECDSA(signing.hash)))
    octets_each = (key.key_size + 7) // 8
    return r.to_bytes(octets_each) + s.to_bytes(octets_each)  # RFC 9231 section 2.3.6: not DER


def verify_value(value: bytes, octets: bytes, key: PublicKey, signing: Signing) -> bool:
    """Whether `value` is a signature of these octets by `key`."""
    try:
        if isinstance(key, RSAPublicKey):
            key.verify(value, octets, PKCS1v15(), signing.hash)
        else:
            key.verify(_as_der(value, key), octets, ECDSA(signing.hash))
    except (InvalidSignature, ValueError):
        return False
    return True


def _as_der(value: bytes, key: EllipticCurvePublicKey) -> bytes:
    """An ECDSA signature in DER, which cryptography verifies. RFC 9231 has two numbers; some senders use DER."""
    octets_each = (key.key_size + 7) // 8
    if len(value) != 2 * octets_each:
        return value
    return encode_dss_signature(int.from_bytes(value[:octets_each]), int.from_bytes(value[octets_each:]))
