"""The numbers of professionals as people type them: RPPS (eleven digits) and ADELI (nine characters).

A key that does not fit is worth a question to the person and a look-up in the register; it never refuses a number by
itself, since the national agency's own examples have wrong keys. Another shape is an error.

Sources: ANS, modèle des objets de santé, "Identification nationale du professionnel" (TRE_G08); ISO/IEC 7812-1,
annex B (the key, known as Luhn's).
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

LONGEST_TYPED: Final = 40  # characters; spaces included

_RPPS: Final = re.compile(r"8?([0-9]{11})", re.ASCII)
_ADELI: Final = re.compile(r"0?((?:[0-9]{2}|2[AB])[0-9]{7})", re.ASCII)


class NumberFault(StrEnum):
    """What is wrong with a number, or questionable."""

    RPPS_SHAPE = "rpps.shape"
    RPPS_KEY = "rpps.key"
    """A warning: the person may confirm the number."""
    ADELI_SHAPE = "adeli.shape"
    ADELI_KEY = "adeli.key"
    """A warning."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfessionalNumber:
    """A number that has the right shape, as it is kept: no space, no type before it."""

    value: str
    warning: NumberFault | None = None
    """That its key is not the one that the other digits give. No rule is published for a number that has a letter
    (Corsica: 2A, 2B): its key is not judged."""


def read_rpps(typed: str) -> ProfessionalNumber | NumberFault:
    """The RPPS number that `typed` is, or what is wrong with its shape.

    Spaces do not count. A number with its type (8) before it, as cards and directories write it, is taken too.
    """
    found = _RPPS.fullmatch(_without_spaces(typed))
    return NumberFault.RPPS_SHAPE if found is None else _number(found[1], wrong_key=NumberFault.RPPS_KEY)


def read_adeli(typed: str) -> ProfessionalNumber | NumberFault:
    """The ADELI number that `typed` is, or what is wrong with its shape.

    Spaces do not count, small letters do. A number with its type (0) before it is taken too.
    """
    found = _ADELI.fullmatch(_without_spaces(typed).upper())
    return NumberFault.ADELI_SHAPE if found is None else _number(found[1], wrong_key=NumberFault.ADELI_KEY)


def is_test_number(rpps: str) -> bool:
    """Whether an RPPS number is of the range 997, which the agency keeps for tests: it belongs to nobody."""
    return rpps.startswith("997")


def has_right_key(digits: str) -> bool:
    """Whether the last of `digits` is the key of the others (Luhn)."""
    doubled = sum(sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])
    return (doubled + sum(int(digit) for digit in digits[::-2])) % 10 == 0


def _number(value: str, *, wrong_key: NumberFault) -> ProfessionalNumber:
    is_wrong = value.isdecimal() and not has_right_key(value)
    return ProfessionalNumber(value=value, warning=wrong_key if is_wrong else None)


def _without_spaces(typed: str) -> str:
    """`typed` without white space of any kind: people paste narrow and no-break spaces."""
    return "".join(typed.split()) if len(typed) <= LONGEST_TYPED else ""
