"""Data objects in BER-TLV (ISO/IEC 8825-1), as cards write them: tag, length, value.

The reader is strict about lengths and bounded in number and depth: the octets come from a card that may lie.
Certificates are not read here (`card_bridge.certificate`).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Self

_MOST_OBJECTS: Final = 256  # in one value
_DEEPEST: Final = 8
_LONGEST_TAG: Final = 4  # octets


class TlvMalformed(ValueError):
    """Octets are not a sequence of data objects, or there are too many of them. The message repeats nothing."""


@dataclass(frozen=True, slots=True)
class Tlv:
    """One data object. `tag` is the number that its octets make: 0x30 for a SEQUENCE, 0xBF8101 for a longer one."""

    tag: int
    value: bytes

    @classmethod
    def parse_all(cls, octets: bytes) -> tuple[Self, ...]:
        """The data objects of a value, in order.

        Raises:
            TlvMalformed: a length passes the end, is indefinite, or there are more than 256 objects.
        """
        objects: list[Self] = []
        rest = octets
        while rest:
            if len(objects) == _MOST_OBJECTS:
                raise TlvMalformed("there are too many data objects")
            tag, start, end = _measure(rest)
            if end > len(rest):
                raise TlvMalformed("a length passes the end")
            objects.append(cls(tag, rest[start:end]))
            rest = rest[end:]
        return tuple(objects)

    @property
    def children(self) -> tuple[Self, ...]:
        """The data objects inside.

        Raises:
            TlvMalformed: as `parse_all`.
        """
        return self.parse_all(self.value)

    @property
    def integer(self) -> int:
        """The value of an INTEGER or ENUMERATED that is not negative.

        Raises:
            TlvMalformed: it is empty, negative or longer than 8 octets.
        """
        if not 0 < len(self.value) <= 8 or self.value[0] & 0x80:
            raise TlvMalformed("it is not a number from 0 to 2^63 - 1")
        return int.from_bytes(self.value)


def without_padding(octets: bytes) -> bytes:
    """The octets of a file up to the padding of `00` or `FF` that follows its last data object.

    Raises:
        TlvMalformed: a length passes the end.
    """
    end = 0
    while end < len(octets) and octets[end] not in (0x00, 0xFF):
        end += _measure(octets[end:])[2]
    if end > len(octets):
        raise TlvMalformed("a length passes the end")
    return octets[:end]


def first_length(octets: bytes) -> int:
    """The length of the first data object with its tag, which may be more than there is of it.

    Raises:
        TlvMalformed: there is not a whole tag and length.
    """
    return _measure(octets)[2]


def find(objects: tuple[Tlv, ...], tag: int) -> Tlv | None:
    """The first data object with this tag, not searching inside others."""
    return next((each for each in objects if each.tag == tag), None)


def find_deep(objects: tuple[Tlv, ...], tag: int, *, deepest: int = _DEEPEST) -> Tlv | None:
    """The first data object with this tag, inside constructed ones too, in the order of the octets.

    Raises:
        TlvMalformed: it is nested deeper than `deepest`, or malformed.
    """
    for each in _walk(objects, deepest):
        if each.tag == tag:
            return each
    return None


def _walk(objects: tuple[Tlv, ...], depth: int) -> Iterator[Tlv]:
    if depth == 0:
        raise TlvMalformed("it is nested too deep")
    for each in objects:
        yield each
        if _is_constructed(each.tag):
            yield from _walk(each.children, depth - 1)


def _is_constructed(tag: int) -> bool:
    first = tag
    while first > 0xFF:
        first >>= 8
    return bool(first & 0x20)


def _measure(octets: bytes) -> tuple[int, int, int]:
    """The tag, and where the value of the first data object starts and ends."""
    try:
        at = 1
        if octets[0] & 0x1F == 0x1F:
            while octets[at] & 0x80:
                at += 1
            at += 1
        if at > _LONGEST_TAG:
            raise TlvMalformed("a tag is too long")
        tag = int.from_bytes(octets[:at])
        length = octets[at]
        at += 1
        if length == 0x80 or length > 0x84:
            raise TlvMalformed("a length is indefinite or too long")
        if length > 0x80:
            size = length & 0x7F
            if at + size > len(octets):
                raise TlvMalformed("a length is cut")
            length = int.from_bytes(octets[at : at + size])
            at += size
    except IndexError:
        raise TlvMalformed("a data object is cut") from None
    return tag, at, at + length
