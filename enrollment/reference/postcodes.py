"""Postcodes and their towns: the State's open table (`README.md` says where it is from, and its licence).

A town may have several postcodes, and a postcode several towns, not always of one department. Postcodes of large
receivers (CEDEX) and military bases are not in the table: an unknown postcode is not a wrong one.

The table is one text of 680 kB, read when a postcode is first looked up (16 ms, 2.5 MB) and searched as it is (at most
1 ms): a dictionary of its 35,500 lines would take ten times as much memory.
"""

import lzma
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

from config.reference.departments import department_of

TABLE: Final = "postcodes.txt.xz"

_POSTCODE: Final = re.compile("[0-9]{5}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Town:
    """A town that letters with a postcode go to."""

    name: str
    municipality: str
    """Its INSEE code."""
    department: str
    """The code of its department."""


def is_postcode(typed: str) -> bool:
    """Whether `typed` has the shape of a French postcode."""
    return _POSTCODE.fullmatch(typed) is not None


def towns_of(postcode: str) -> tuple[Town, ...]:
    """The towns of a postcode, by name; none when the table does not have it."""
    if not is_postcode(postcode):
        return ()
    table = _table()
    begin = table.find(f"\n{postcode}\t".encode())
    if begin < 0:
        return ()
    begin += len("\n00000\t")
    towns = table[begin : table.index(b"\n", begin)].decode().split("\t")
    return tuple(Town(town[5:], town[:5], department_of(town)) for town in towns)


@cache
def _table() -> bytes:
    """One line a postcode, in order: `45000`, then each town as its INSEE code and its name, tabs between them."""
    return lzma.decompress((files("enrollment.reference") / TABLE).read_bytes())
