"""The signatures that authorities and their responders make: the hash algorithm, and the one form in DER."""

from typing import Final, TypeGuard

from cryptography.hazmat.primitives.hashes import HashAlgorithm

_STRONG: Final = frozenset({"sha256", "sha384", "sha512"})


def is_strong_hash(digest: HashAlgorithm | None) -> TypeGuard[HashAlgorithm]:
    """Whether it is SHA-256 or a longer hash of the same family (FIPS 180-4).

    Args:
        digest: None for an algorithm that hashes in its own way, such as Ed25519.
    """
    return digest is not None and digest.name in _STRONG


def ends_with_signature(der: bytes, signature: bytes) -> bool:
    """Whether a certificate or a list ends with a bit string of whole octets, as RFC 3279 section 2.2.1 has it for RSA.

    The parser drops unused bits that are zero. Without this check, a signature whose last bit is zero would have a
    second form, and what it signs a second fingerprint.
    """
    return der.endswith(b"\x00" + signature)
