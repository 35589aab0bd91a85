"""Reads the numbers of professionals that people type: RPPS (eleven digits) and ADELI (nine characters).

A wrong check digit is a warning, which the person may confirm and the register may explain: examples of the national
agency have wrong ones. A wrong format is an error.

Source: ISO/IEC 7812-1, annex B (the check digit, by Luhn's formula).
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from config.reference.national_ids import IdentifierType

LONGEST_TYPED: Final = 40  # characters; spaces included

_RPPS: Final = re.compile(rf"{IdentifierType.RPPS}?([0-9]{{11}})")
_ADELI: Final = re.compile(rf"{IdentifierType.ADELI}?((?:[0-9]{{2}}|2[AB])[0-9]{{7}})")


class NumberFault(StrEnum):
    """A fault of a number: an error, or a warning."""

    RPPS_SHAPE = "rpps.shape"
    RPPS_KEY = "rpps.key"
    """A warning: the person may confirm the number."""
    ADELI_SHAPE = "adeli.shape"
    ADELI_KEY = "adeli.key"
    """A warning."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfessionalNumber:
    """A number with a right format, without spaces and without the digit of its type."""

    value: str
    warning: NumberFault | None = None
    """A wrong check digit. Numbers with a letter (Corsica: 2A, 2B) have no published rule, and get no warning."""


def read_rpps(typed: str) -> ProfessionalNumber | NumberFault:
    """Read an RPPS number, or return the fault of its format.

    Spaces are ignored. The digit of the type (8), with which cards and directories write the number, is removed.
    """
    found = _RPPS.fullmatch(_without_spaces(typed))
    return NumberFault.RPPS_SHAPE if found is None else _number(found[1], wrong_key=NumberFault.RPPS_KEY)


def read_adeli(typed: str) -> ProfessionalNumber | NumberFault:
    """Read an ADELI number, or return the fault of its format.

    Spaces and the case of letters are ignored. The digit of the type (0) is removed.
    """
    found = _ADELI.fullmatch(_without_spaces(typed).upper())
    return NumberFault.ADELI_SHAPE if found is None else _number(found[1], wrong_key=NumberFault.ADELI_KEY)


def has_right_key(digits: str) -> bool:
    """Whether the last of `digits` is the check digit of the others (Luhn)."""
    doubled = sum(sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])
    return (doubled + sum(int(digit) for digit in digits[::-2])) % 10 == 0


def _number(value: str, *, wrong_key: NumberFault) -> ProfessionalNumber:
    is_wrong = value.isdecimal() and not has_right_key(value)
    return ProfessionalNumber(value=value, warning=wrong_key if is_wrong else None)


def _without_spaces(typed: str) -> str:
    """`typed` without white space, narrow and no-break spaces included."""
    return "".join(typed.split()) if len(typed) <= LONGEST_TYPED else ""
