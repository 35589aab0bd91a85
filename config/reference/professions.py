"""Professions by their code in the national tables (ANS, nomenclatures des objets de santé), as released in July 2026.

Some codes have been used in two tables. Each code listed here is in one table only, so the code alone identifies the
profession: 93 is the psychologist of TRE_R95. We leave out the 93 of TRE_G15, which was closed in 2021 in favour of
that one, and the codes above 99 that older releases had for the same professions.

ANS has closed the codes of professions that its register does not record (nursing assistants, all social workers
but one) without a replacement. These people work in hospitals and ask for accounts, so we keep their codes, with the
date in `closed_on`.

69 is the psychiatric nurse; an advanced-practice nurse has the code 60 and a skill.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import Final

from config.reference.labels import Label


class ProfessionTable(Enum):
    """A table of professions, with its OID and the date of the version copied here."""

    TRE_G15 = ("1.2.250.1.71.1.2.7", date(2025, 3, 28))
    """Professions of the public health code."""
    TRE_R95 = ("1.2.250.1.213.1.6.1.109", date(2024, 12, 13))
    """Protected professional titles: psychologist, osteopath..."""
    TRE_R94 = ("1.2.250.1.213.1.6.1.4", date(2024, 12, 13))
    """Social professions."""
    TRE_R291 = ("1.2.250.1.213.1.6.1.140", date(2023, 12, 15))
    """Other people who work in health care, by their role."""

    def __init__(self, oid: str, released_on: date) -> None:
        self.oid = oid
        self.released_on = released_on


@dataclass(frozen=True, slots=True)
class Profession:
    """A line of a table. Its French label is the one of the table, with accents; we have reworded that of 99."""

    code: str
    table: ProfessionTable
    label: Label
    closed_on: date | None = None


_CLOSED_IN_2024: Final = date(2024, 12, 13)


def _lines(
    table: ProfessionTable, labels: Mapping[str, tuple[str, str]], *, closed: tuple[str, ...] = ()
) -> dict[str, Profession]:
    return {
        code: Profession(code, table, Label(*words), _CLOSED_IN_2024 if code in closed else None)
        for code, words in labels.items()
    }


_HEALTH: Final = _lines(
    ProfessionTable.TRE_G15,
    {
        "10": ("Médecin", "Doctor"),
        "21": ("Pharmacien", "Pharmacist"),
        "26": ("Audioprothésiste", "Hearing aid specialist"),
        "28": ("Opticien-lunetier", "Optician"),
        "31": ("Assistant dentaire", "Dental assistant"),
        "32": ("Physicien médical", "Medical physicist"),
        "35": ("Aide-soignant", "Nursing assistant"),
        "36": ("Ambulancier", "Ambulance driver"),
        "37": ("Auxiliaire de puériculture", "Childcare assistant"),
        "38": ("Préparateur en pharmacie hospitalière", "Hospital pharmacy technician"),
        "39": ("Préparateur en pharmacie (officine)", "Pharmacy technician (dispensary)"),
        "40": ("Chirurgien-dentiste", "Dental surgeon"),
        "50": ("Sage-femme", "Midwife"),
        "60": ("Infirmier", "Nurse"),
        "69": ("Infirmier psychiatrique", "Psychiatric nurse"),
        "70": ("Masseur-kinésithérapeute", "Physiotherapist"),
        "80": ("Pédicure-podologue", "Podiatrist"),
        "81": ("Orthoprothésiste", "Orthotist and prosthetist"),
        "82": ("Podo-orthésiste", "Foot orthotist"),
        "83": ("Orthopédiste-orthésiste", "Orthopaedic fitter"),
        "84": ("Oculariste", "Ocularist"),
        "85": ("Épithésiste", "Epithesis maker"),
        "86": ("Technicien de laboratoire médical", "Medical laboratory technician"),
        "91": ("Orthophoniste", "Speech therapist"),
        "92": ("Orthoptiste", "Orthoptist"),
        "94": ("Ergothérapeute", "Occupational therapist"),
        "95": ("Diététicien", "Dietitian"),
        "96": ("Psychomotricien", "Psychomotor therapist"),
        "98": ("Manipulateur d’électroradiologie médicale", "Radiographer"),
    },
    closed=("35", "36", "37", "38", "39"),
)

_TITLES: Final = _lines(
    ProfessionTable.TRE_R95,
    {
        "71": ("Ostéopathe", "Osteopath"),
        "72": ("Psychothérapeute", "Psychotherapist"),
        "73": ("Chiropracteur", "Chiropractor"),
        "93": ("Psychologue", "Psychologist"),
        "97": ("Conseiller en génétique", "Genetic counsellor"),
    },
    closed=("97",),
)

_SOCIAL: Final = _lines(
    ProfessionTable.TRE_R94,
    {
        "41": ("Assistant de service social", "Social worker"),
        "42": ("Auxiliaire de vie sociale", "Home care worker"),
        "43": ("Technicien de l’intervention sociale et familiale", "Family support worker"),
        "44": ("Conseiller en économie sociale et familiale", "Family and budget adviser"),
        "45": ("Médiateur familial", "Family mediator"),
        "46": ("Assistant familial", "Foster carer"),
        "47": ("Aide médico-psychologique", "Care assistant for disabled people"),
        "48": ("Moniteur éducateur", "Assistant special-needs educator"),
        "49": ("Éducateur de jeunes enfants", "Early childhood educator"),
        "51": ("Éducateur spécialisé", "Special-needs educator"),
        "52": ("Éducateur technique spécialisé", "Technical special-needs educator"),
        "53": ("Accompagnant éducatif et social", "Social and educational support worker"),
    },
    closed=("42", "43", "44", "45", "46", "47", "48", "49", "51", "52", "53"),
)

_OTHERS: Final = _lines(
    ProfessionTable.TRE_R291,
    {"99": ("Autre professionnel (secrétaire, cadre, technicien…)", "Other professional (secretary, manager, IT…)")},
)

PROFESSIONS: Final[Mapping[str, Profession]] = _HEALTH | _TITLES | _SOCIAL | _OTHERS
"""All professions by their codes."""


def label_of(code: str, language: str) -> str:
    """The label of a profession, or its code if the tables lack it: a newer register may have more codes."""
    known = PROFESSIONS.get(code)
    return code if known is None else known.label.text(language)
