"""The arithmetic of RSASSA-PKCS1-v1_5 (RFC 8017 section 8.2) that a workstation needs. It holds no private key."""

from typing import Final

_SHORTEST_PADDING: Final = 8  # octets of FF
_LARGEST_EXPONENT: Final = 64  # bits: a larger one makes the check slow, and no authority issues one


def pkcs1_block(digest_info: bytes, key_octets: int) -> bytes:
    """EMSA-PKCS1-v1_5 (RFC 8017 section 9.2): 00 01 FF...FF 00 DigestInfo.

    Args:
        key_octets: the length of the modulus.

    Raises:
        ValueError: the key is too short for the DigestInfo.
    """
    padding = key_octets - len(digest_info) - 3
    if padding < _SHORTEST_PADDING:
        raise ValueError("the key is too short for the digest")
    return b"\x00\x01" + b"\xff" * padding + b"\x00" + digest_info


def is_signature(signature: bytes, digest_info: bytes, *, modulus: int, exponent: int) -> bool:
    """Whether a signature is right. A wrong one must not leave the workstation: it may tell of a fault in the card."""
    octets = (modulus.bit_length() + 7) // 8
    number = int.from_bytes(signature)
    if len(signature) != octets or number >= modulus or exponent.bit_length() > _LARGEST_EXPONENT:
        return False
    return pow(number, exponent, modulus).to_bytes(octets) == pkcs1_block(digest_info, octets)
