"""The hash algorithms of signatures that authorities and their responders make."""

from typing import Final, TypeGuard

from cryptography.hazmat.primitives.hashes import HashAlgorithm

_STRONG: Final = frozenset({"sha256", "sha384", "sha512"})


def is_strong_hash(digest: HashAlgorithm | None) -> TypeGuard[HashAlgorithm]:
    """Whether it is SHA-256 or a longer hash of the same family (FIPS 180-4).

    Args:
        digest: None for an algorithm that hashes in its own way, such as Ed25519.
    """
    return digest is not None and digest.name in _STRONG
