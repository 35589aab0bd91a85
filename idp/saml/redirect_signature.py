"""Signatures of the HTTP-Redirect binding: SAML V2.0 Bindings, section 3.4.4.1.

What is signed is not XML but the query's own octets, as they were sent: whoever
decodes and encodes them again refuses all who escape in lower case.
"""

from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from urllib.parse import quote_plus, unquote, unquote_plus

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from idp.certificates import SigningIdentity
from idp.saml.algorithms import ACCEPTED, BY_URI, SIGNATURES, Accepted, Signing
from idp.saml.loaded_keys import PublicKey, private_key, public_key, type_of
from idp.saml.signing import SignatureFault, SignatureRefused
from relying_parties.saml_terms import SignatureAlgorithm

MESSAGES = ("SAMLRequest", "SAMLResponse")
RELAY_STATE = "RelayState"
ALGORITHM = "SigAlg"
SIGNATURE = "Signature"
ONCE = frozenset((*MESSAGES, RELAY_STATE, ALGORITHM, SIGNATURE, "SAMLEncoding"))


def sign_query(parameters: Mapping[str, str], identity: SigningIdentity, algorithm: SignatureAlgorithm) -> str:
    """The query of these parameters (`SAMLRequest` or `SAMLResponse`, `RelayState` when there is one), signed."""
    signing = SIGNATURES[algorithm]
    if signing.key_type != identity.key_type:
        raise ValueError(f"{algorithm.value} does not sign with a key of type {identity.key_type}")
    signed = "&".join(
        f"{name}={quote_plus(value)}"
        for name in (*MESSAGES, RELAY_STATE, ALGORITHM)
        if (value := signing.uri if name == ALGORITHM else parameters.get(name)) is not None
    )
    signature = _sign(signed.encode("ascii"), identity, signing)
    return f"{signed}&{SIGNATURE}={quote_plus(b64encode(signature).decode('ascii'))}"


def verify_query(raw_query: str, certificates: Sequence[str], *, allowed: Accepted = ACCEPTED) -> None:
    """The query, as it stood in the request line, was signed by the holder of one of these certificates' keys.

    Raises:
        SignatureRefused: it was not, is not signed, or names a parameter twice.
    """
    given = _as_sent(raw_query)
    message = [name for name in MESSAGES if name in given]
    if len(message) != 1:
        raise SignatureRefused(SignatureFault.MALFORMED)
    if SIGNATURE not in given or ALGORITHM not in given:
        raise SignatureRefused(SignatureFault.MISSING)
    uri = unquote_plus(given[ALGORITHM])
    if uri not in allowed.signatures:
        raise SignatureRefused(SignatureFault.ALGORITHM)
    signing = BY_URI[uri]
    signed = "&".join(f"{name}={given[name]}" for name in (*message, RELAY_STATE, ALGORITHM) if name in given)
    try:
        signature = b64decode("".join(unquote(given[SIGNATURE]).split()), validate=True)
        octets = signed.encode("ascii")
    except ValueError:
        raise SignatureRefused(SignatureFault.MALFORMED) from None
    keys = [key for key in map(public_key, certificates) if key is not None and type_of(key) == signing.key_type]
    if not keys:
        raise SignatureRefused(SignatureFault.NO_KEY)
    if not any(_verifies(signature, octets, key, signing) for key in keys):
        raise SignatureRefused(SignatureFault.WRONG)


def _as_sent(raw_query: str) -> dict[str, str]:
    """Each parameter's value, still escaped. One of ours that comes twice, or under an escaped name, is refused."""
    given: dict[str, str] = {}
    for part in raw_query.split("&"):
        written, _, value = part.partition("=")
        name = unquote_plus(written)
        if name not in ONCE:
            continue
        if name in given or written != name:
            raise SignatureRefused(SignatureFault.MALFORMED)
        given[name] = value
    return given


def _sign(octets: bytes, identity: SigningIdentity, signing: Signing) -> bytes:
    key = private_key(identity.private_key)
    if isinstance(key, RSAPrivateKey):
        return key.sign(octets, PKCS1v15(), signing.hash)
    r, s = decode_dss_signature(key.sign(octets, ECDSA(signing.hash)))
    octets_each = (key.key_size + 7) // 8
    return r.to_bytes(octets_each) + s.to_bytes(octets_each)  # RFC 9231 section 2.3.6: not DER


def _verifies(signature: bytes, octets: bytes, key: PublicKey, signing: Signing) -> bool:
    try:
        if isinstance(key, RSAPublicKey):
            key.verify(signature, octets, PKCS1v15(), signing.hash)
        else:
            key.verify(_as_der(signature, key), octets, ECDSA(signing.hash))
    except (InvalidSignature, ValueError):
        return False
    return True


def _as_der(signature: bytes, key: EllipticCurvePublicKey) -> bytes:
    """What cryptography verifies, of the two numbers side by side; some sign in DER, which is left as it is."""
    octets_each = (key.key_size + 7) // 8
    if len(signature) != 2 * octets_each:
        return signature
    return encode_dss_signature(int.from_bytes(signature[:octets_each]), int.from_bytes(signature[octets_each:]))
