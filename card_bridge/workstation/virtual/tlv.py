"""Writes the data objects of a card: BER-TLV of ISO/IEC 7816-4, and the DER values of PKCS#15."""

from collections.abc import Iterable


def tlv(tag: int, *contents: bytes) -> bytes:
    """One data object. `tag` is written as its own octets: 0x7F49 has two."""
    content = b"".join(contents)
    return tag.to_bytes((tag.bit_length() + 7) // 8 or 1, "big") + _length(len(content)) + content


def _length(length: int) -> bytes:
    if length < 0x80:
        return bytes([length])
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([0x80 | len(octets)]) + octets


def sequence(*contents: bytes) -> bytes:
    return tlv(0x30, *contents)


def integer(value: int) -> bytes:
    """A value that is not negative."""
    return tlv(0x02, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def octet_string(value: bytes) -> bytes:
    return tlv(0x04, value)


def utf8_string(value: str) -> bytes:
    return tlv(0x0C, value.encode())


def boolean(*, value: bool) -> bytes:
    return tlv(0x01, b"\xff" if value else b"\x00")


def named_bits(bits: Iterable[int]) -> bytes:
    """A BIT STRING of named bits, without the zeros at its end (X.690 section 11.2.2)."""
    last = max(bits := set(bits), default=-1)
    octets = bytearray(last // 8 + 1)
    for bit in bits:
        octets[bit // 8] |= 0x80 >> bit % 8
    return tlv(0x03, bytes([len(octets) * 8 - last - 1]) + bytes(octets))
