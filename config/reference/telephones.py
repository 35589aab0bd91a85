"""Reads the telephone numbers that people type, and formats them in the form of ITU-T E.164 (`+33261911234`).

`phonenumbers` knows the prefixes and lengths of each country. We do not check whether a range is in use, because
its tables lag behind, and a person with a new number must be able to enter it.
"""

import re
from enum import StrEnum
from typing import Final

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat

LONGEST_TYPED: Final = 40  # characters

_FRANCE: Final = 33
_AS_TYPED: Final = re.compile(r"\+?[0-9\s().\-/]+", re.ASCII)


class TelephoneFault(StrEnum):
    """The reason why a typed number is refused."""

    NOT_A_NUMBER = "telephone.not-a-number"
    NO_SUCH_NUMBER = "telephone.no-such-number"


def read_telephone(typed: str, *, country: str = "FR") -> str | TelephoneFault:
    """Convert a typed number to E.164. A number without an international prefix is one of `country` (ISO 3166-1)."""
    if len(typed) > LONGEST_TYPED or not _AS_TYPED.fullmatch(typed := " ".join(typed.split())):
        return TelephoneFault.NOT_A_NUMBER
    try:
        number = phonenumbers.parse(typed, country)
    except NumberParseException:
        return TelephoneFault.NO_SUCH_NUMBER
    if not phonenumbers.is_possible_number(number):
        return TelephoneFault.NO_SUCH_NUMBER
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def shown(telephone: str) -> str:
    """The national format of a French number in E.164, and the international format of others.

    Examples are `02 61 91 12 34` and `+32 2 555 12 12`. Its spaces are no-break spaces, to keep it on one line.
    """
    try:
        number = phonenumbers.parse(telephone)
    except NumberParseException:  # it was valid in an older version of the tables
        return telephone
    form = PhoneNumberFormat.NATIONAL if number.country_code == _FRANCE else PhoneNumberFormat.INTERNATIONAL
    return phonenumbers.format_number(number, form).replace(" ", "\N{NO-BREAK SPACE}")
