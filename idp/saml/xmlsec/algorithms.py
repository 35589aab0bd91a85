"""The algorithms of XML signatures and XML encryption that we support, by their URIs (RFC 9231, XML Encryption 1.1).

Algorithms that are not listed here cannot be used: HMAC, MD5, DSA, RSA 1.5 and Triple DES are
not. SHA-1 in signatures and CBC need an exception in the registration of an application.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Protocol

from cryptography.hazmat.primitives import hashes

from idp.keys.certificates import KeyType
from relying_parties.registration.saml_sp import SignatureAlgorithm, WeakAlgorithm

XMLDSIG = "http://www.w3.org/2000/09/xmldsig#"
XMLDSIG_MORE = "http://www.w3.org/2001/04/xmldsig-more#"
XMLENC = "http://www.w3.org/2001/04/xmlenc#"
XMLENC11 = "http://www.w3.org/2009/xmlenc11#"

EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
INCLUSIVE = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
WITH_COMMENTS = MappingProxyType(  # the same here: read_xml leaves no comment
    {f"{EXCLUSIVE}WithComments": EXCLUSIVE, f"{INCLUSIVE}#WithComments": INCLUSIVE}
)
ENVELOPED = f"{XMLDSIG}enveloped-signature"

SHA1 = f"{XMLDSIG}sha1"
SHA256 = f"{XMLENC}sha256"


@dataclass(frozen=True, slots=True, kw_only=True)
class Signing:
    """A signature algorithm: its URI, its digest, and the type of its keys."""

    uri: str
    digest_uri: str
    hash: hashes.HashAlgorithm
    key_type: KeyType


@dataclass(frozen=True, slots=True)
class Accepted:
    """The accepted signature and digest algorithms, by URI."""

    signatures: frozenset[str]
    digests: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentEncryption:
    """A block encryption algorithm: XML Encryption 1.1, section 5.2."""

    uri: str
    key_octets: int
    authenticated: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyTransport:
    """RSA-OAEP: XML Encryption 1.1, section 5.5.2. The older URI has no `mgf`; its mask always uses SHA-1."""

    uri: str
    digest: str = SHA1
    mgf: str | None = None


class DeclaredMethod(Protocol):
    """An md:EncryptionMethod of relying_parties/sp_metadata/service_provider.py."""

    @property
    def algorithm(self) -> str: ...
    @property
    def digest(self) -> str | None: ...
    @property
    def mgf(self) -> str | None: ...


class NoCommonAlgorithm(Exception):
    """The service provider supports no algorithm that we encrypt with."""


HASHES: MappingProxyType[str, hashes.HashAlgorithm] = MappingProxyType(
    {
        SHA1: hashes.SHA1(),  # noqa: S303 - in OAEP, which needs no collision resistance; in signatures only by exception
        SHA256: hashes.SHA256(),
        f"{XMLDSIG_MORE}sha384": hashes.SHA384(),
        f"{XMLENC}sha512": hashes.SHA512(),
    }
)
_DIGEST_OF = {hash_.name: uri for uri, hash_ in HASHES.items()}


def _signing(name: str, hash_: hashes.HashAlgorithm, key_type: KeyType, *, at: str = XMLDSIG_MORE) -> Signing:
    return Signing(uri=f"{at}{name}", digest_uri=_DIGEST_OF[hash_.name], hash=hash_, key_type=key_type)


SIGNATURES: MappingProxyType[SignatureAlgorithm, Signing] = MappingProxyType(
    {
        SignatureAlgorithm.RSA_SHA256: _signing("rsa-sha256", hashes.SHA256(), "rsa"),
        SignatureAlgorithm.RSA_SHA384: _signing("rsa-sha384", hashes.SHA384(), "rsa"),
        SignatureAlgorithm.RSA_SHA512: _signing("rsa-sha512", hashes.SHA512(), "rsa"),
        SignatureAlgorithm.ECDSA_SHA256: _signing("ecdsa-sha256", hashes.SHA256(), "ec"),
    }
)
_VERIFY_ONLY = (_signing("ecdsa-sha384", hashes.SHA384(), "ec"), _signing("ecdsa-sha512", hashes.SHA512(), "ec"))
_BY_EXCEPTION_ONLY = _signing("rsa-sha1", hashes.SHA1(), "rsa", at=XMLDSIG)  # noqa: S303

BY_URI: MappingProxyType[str, Signing] = MappingProxyType(
    {signing.uri: signing for signing in (*SIGNATURES.values(), *_VERIFY_ONLY, _BY_EXCEPTION_ONLY)}
)
ACCEPTED = Accepted(
    signatures=frozenset(BY_URI) - {_BY_EXCEPTION_ONLY.uri},
    digests=frozenset(HASHES) - {SHA1},
)


@lru_cache(maxsize=16)
def accepted(exceptions: tuple[WeakAlgorithm, ...] = ()) -> Accepted:
    """The accepted algorithms for the signatures of an application with these exceptions."""
    signatures, digests = ACCEPTED.signatures, ACCEPTED.digests
    if WeakAlgorithm.RSA_SHA1 in exceptions:
        signatures |= {_BY_EXCEPTION_ONLY.uri}
    if WeakAlgorithm.SHA1 in exceptions or WeakAlgorithm.RSA_SHA1 in exceptions:
        digests |= {SHA1}
    return Accepted(signatures, digests)


AES256_GCM = ContentEncryption(uri=f"{XMLENC11}aes256-gcm", key_octets=32)
CONTENT: MappingProxyType[str, ContentEncryption] = MappingProxyType(
    {
        each.uri: each
        for each in (
            ContentEncryption(uri=f"{XMLENC11}aes128-gcm", key_octets=16),
            ContentEncryption(uri=f"{XMLENC11}aes192-gcm", key_octets=24),
            AES256_GCM,
            ContentEncryption(uri=f"{XMLENC}aes128-cbc", key_octets=16, authenticated=False),
            ContentEncryption(uri=f"{XMLENC}aes192-cbc", key_octets=24, authenticated=False),
            ContentEncryption(uri=f"{XMLENC}aes256-cbc", key_octets=32, authenticated=False),
        )
    }
)

OAEP = f"{XMLENC}rsa-oaep-mgf1p"
OAEP_WITH_MGF = f"{XMLENC11}rsa-oaep"
MASK_HASHES: MappingProxyType[str, hashes.HashAlgorithm] = MappingProxyType(
    {
        f"{XMLENC11}mgf1sha1": hashes.SHA1(),  # noqa: S303
        f"{XMLENC11}mgf1sha256": hashes.SHA256(),
        f"{XMLENC11}mgf1sha384": hashes.SHA384(),
        f"{XMLENC11}mgf1sha512": hashes.SHA512(),
    }
)
DEFAULT_KEY_TRANSPORT = KeyTransport(uri=OAEP)

_TRANSPORTS = (OAEP, OAEP_WITH_MGF, f"{XMLENC}rsa-1_5")  # the last is recognized but not supported
_KEY_WRAPS = "#kw-"  # key wrapping by symmetric keys, which we do not share with service providers


def content_encryption_for(
    methods: Sequence[DeclaredMethod], exceptions: Iterable[WeakAlgorithm] = ()
) -> ContentEncryption:
    """The first declared algorithm that we support; AES-256-GCM if none is declared.

    CBC, which does not detect changes, needs an exception and is used only if no other algorithm is common.

    Raises:
        NoCommonAlgorithm: we support none of the declared algorithms.
    """
    declared = [
        each.algorithm for each in methods if each.algorithm not in _TRANSPORTS and _KEY_WRAPS not in each.algorithm
    ]
    if not declared:
        return AES256_GCM
    known = [CONTENT[uri] for uri in declared if uri in CONTENT]
    authenticated = [each for each in known if each.authenticated]
    if authenticated:
        return authenticated[0]
    if known and WeakAlgorithm.AES_CBC in exceptions:
        return known[0]
    raise NoCommonAlgorithm


def key_transport_for(methods: Sequence[DeclaredMethod]) -> KeyTransport:
    """The first declared key transport that we support; RSA-OAEP with SHA-1, which all support, if none is declared.

    Raises:
        NoCommonAlgorithm: we support none of the declared key transports.
    """
    declared = [method for method in methods if method.algorithm in _TRANSPORTS]
    if not declared:
        return DEFAULT_KEY_TRANSPORT
    for method in declared:
        transport = KeyTransport(uri=method.algorithm, digest=method.digest or SHA1, mgf=method.mgf)
        if is_known(transport):
            return transport
    raise NoCommonAlgorithm


def is_known(transport: KeyTransport) -> bool:
    """Whether this is RSA-OAEP with hashes that we support."""
    if transport.digest not in HASHES:
        return False
    if transport.uri == OAEP:
        return transport.mgf is None
    return transport.uri == OAEP_WITH_MGF and (transport.mgf is None or transport.mgf in MASK_HASHES)


def mask_hash(transport: KeyTransport) -> hashes.HashAlgorithm:
    """The hash of the mask; SHA-1 if none is declared: XML Encryption 1.1, section 5.5.2."""
    return hashes.SHA1() if transport.mgf is None else MASK_HASHES[transport.mgf]  # noqa: S303
