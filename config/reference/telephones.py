"""Telephone numbers as people type them, kept in the international form of ITU-T E.164 (`+33261911234`).

How numbers are dialled and how long they are in each country is known by `phonenumbers`. Whether a range has been
opened is not asked: its tables lag behind the plans, and a person with a new number must be able to give it.
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
    """Why what was typed is not kept."""

    NOT_A_NUMBER = "telephone.not-a-number"
    NO_SUCH_NUMBER = "telephone.no-such-number"


def read_telephone(typed: str, *, country: str = "FR") -> str | TelephoneFault:
    """The number that `typed` is, in E.164; `country` (ISO 3166-1 alpha-2) is where one without an international
    prefix is dialled."""
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
    """A number kept in E.164 as people here read it: `02 61 91 12 34`, and `+32 2 555 12 12` from elsewhere.

    Its spaces are no-break ones, so that it stays on one line.
    """
    try:
        number = phonenumbers.parse(telephone)
    except NumberParseException:  # one that an older version of the plan took
        return telephone
    form = PhoneNumberFormat.NATIONAL if number.country_code == _FRANCE else PhoneNumberFormat.INTERNATIONAL
    return phonenumbers.format_number(number, form).replace(" ", "\N{NO-BREAK SPACE}")
