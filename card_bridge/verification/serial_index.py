"""The revoked serial numbers of a list, as sorted records of 20 octets: read at once, searched without being parsed.

RFC 5280 section 4.1.2.2: a serial number is positive and has 20 octets at most.
"""

from collections.abc import Iterable
from typing import Final

_RECORD: Final = 20  # octets


def pack(serials: Iterable[int]) -> bytes:
    """The index.

    Raises:
        ValueError: a serial number is not positive, or has more than 20 octets.
    """
    try:
        return b"".join(sorted({_record(serial) for serial in serials}))
    except OverflowError:
        raise ValueError("a serial number is not positive or has more than 20 octets") from None


def contains(index: bytes, serial: int) -> bool:
    """Whether the index has this serial number; false for a number that no index can have."""
    try:
        sought = _record(serial)
    except (OverflowError, ValueError):
        return False
    first, last = 0, len(index) // _RECORD
    while first < last:
        middle = (first + last) // 2
        record = index[middle * _RECORD : (middle + 1) * _RECORD]
        if record == sought:
            return True
        if record < sought:
            first = middle + 1
        else:
            last = middle
    return False


def _record(serial: int) -> bytes:
    if serial <= 0:
        raise ValueError("a serial number is not positive or has more than 20 octets")
    return serial.to_bytes(_RECORD, "big")
