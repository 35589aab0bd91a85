"""Civilities and professional titles by their code in the national tables (ANS, nomenclatures des objets de santé).

Civilities are those of TRE_R81 (OID 1.2.250.1.213.1.6.1.69, April 2020); `MLLE`, closed in 2016, is read as `MME`.
Titles, which precede a name, are those of TRE_R11 (OID 1.2.250.1.213.1.6.1.11, December 2023).
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from config.reference.labels import Label


class Civility(StrEnum):
    """TRE_R81."""

    MADAM = "MME"
    SIR = "M"


class Title(StrEnum):
    """TRE_R11."""

    DOCTOR = "DR"
    PROFESSOR = "PR"
    CHIEF_DOCTOR = "MC"
    GENERAL_DOCTOR = "MG"
    CHIEF_PHARMACIST = "PC"
    GENERAL_PHARMACIST = "PG"


CIVILITIES: Final[Mapping[Civility, Label]] = {
    Civility.MADAM: Label("Madame", "Ms"),
    Civility.SIR: Label("Monsieur", "Mr"),
}

TITLES: Final[Mapping[Title, Label]] = {
    Title.DOCTOR: Label("Docteur", "Doctor"),
    Title.PROFESSOR: Label("Professeur", "Professor"),
    Title.CHIEF_DOCTOR: Label("Médecin chef", "Chief medical officer"),
    Title.GENERAL_DOCTOR: Label("Médecin général", "Surgeon general"),
    Title.CHIEF_PHARMACIST: Label("Pharmacien chef", "Chief pharmacist"),
    Title.GENERAL_PHARMACIST: Label("Pharmacien général", "Pharmacist general"),
}


def civility_of(code: str) -> Civility | None:
    """The civility with this code of TRE_R81, or None."""
    try:
        return Civility("MME" if code == "MLLE" else code)
    except ValueError:
        return None


def title_of(code: str) -> Title | None:
    """The title with this code of TRE_R11, or None."""
    try:
        return Title(code)
    except ValueError:
        return None
