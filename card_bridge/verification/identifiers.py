"""The identifier of a person in the common name of a card: the digit of its type, then the number (TRE_G08).

Source: ANS, nomenclature TRE_G08 (type d'identifiant national de personne). Types 2 and 9 have ended.
"""

import re
from typing import Final

_FORMS: Final = (
    re.compile(r"8[0-9]{11}"),  # RPPS
    re.compile(r"0(?:[0-9]{2}|[02][AB])[0-9A-Z]{7}"),  # ADELI; those of test cards have a letter
    re.compile(r"1[0-9A-Z]{8,9}/[0-9A-Za-z]{1,16}"),  # the practice of an ADELI number, and a register
    re.compile(r"3[0-9A-Z]{9}/[0-9A-Za-z]{1,16}"),  # FINESS
    re.compile(r"4[0-9]{9}/[0-9A-Za-z]{1,16}"),  # SIREN
    re.compile(r"5[0-9]{14}/[0-9A-Za-z]{1,16}"),  # SIRET
    re.compile(r"6[0-9]{14}/[0-9A-Za-z]{1,16}"),  # the practice of an RPPS number
)


def national_identifier(common_name: str) -> str | None:
    """The identifier, as accounts have it: `899700123450`. None when the name has another form."""
    if common_name.isascii() and any(form.fullmatch(common_name) for form in _FORMS):
        return common_name
    return None
