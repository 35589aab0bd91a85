"""National identifiers of persons: the digit of their type, then the number, such as 899700123450 for an RPPS number.

Source: ANS, modèle des objets de santé, "Identification nationale du professionnel", and nomenclature TRE_G08 (type
d'identifiant national de personne, OID 1.2.250.1.71.1.2.15). Types 2 and 9 ended in 2020, and 10 is a mailbox.
"""

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class IdentifierType(StrEnum):
    """TRE_G08. A person has one identifier of each type at most, but for those of employees."""

    ADELI = "0"
    ADELI_PRACTICE = "1"
    """A person known to the practice of an ADELI number, by its own register; those below alike."""
    FINESS = "3"
    SIREN = "4"
    SIRET = "5"
    RPPS_PRACTICE = "6"
    RPPS = "8"


_NUMBERS: Final[Mapping[IdentifierType, re.Pattern[str]]] = {
    IdentifierType.ADELI: re.compile(r"(?:[0-9]{2}|[02][AB])[0-9A-Z]{7}"),  # those of test cards have a letter
    IdentifierType.ADELI_PRACTICE: re.compile(r"[0-9A-Z]{8,9}/[0-9A-Za-z]{1,16}"),
    IdentifierType.FINESS: re.compile(r"[0-9A-Z]{9}/[0-9A-Za-z]{1,16}"),
    IdentifierType.SIREN: re.compile(r"[0-9]{9}/[0-9A-Za-z]{1,16}"),
    IdentifierType.SIRET: re.compile(r"[0-9]{14}/[0-9A-Za-z]{1,16}"),
    IdentifierType.RPPS_PRACTICE: re.compile(r"[0-9]{14}/[0-9A-Za-z]{1,16}"),
    IdentifierType.RPPS: re.compile(r"[0-9]{11}"),
}


def national_identifier(identifier_type: IdentifierType, number: str) -> str:
    """The identifier with this number, which has the form of its type."""
    return f"{identifier_type}{number}"


def type_of(identifier: str) -> IdentifierType | None:
    """The type that the first character names, whatever follows it; None when it names none."""
    try:
        return IdentifierType(identifier[:1])
    except ValueError:
        return None


def number_of(identifier: str, identifier_type: IdentifierType) -> str | None:
    """The number of an identifier of this type; None when it has another type, or not the form of this one."""
    number = identifier[1:]
    has_form = type_of(identifier) is identifier_type and _NUMBERS[identifier_type].fullmatch(number)
    return number if has_form else None


def is_national_id(text: str) -> bool:
    """Whether the text has the form of a national identifier."""
    identifier_type = type_of(text)
    return identifier_type is not None and number_of(text, identifier_type) is not None
