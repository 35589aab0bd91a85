"""Extracts of the national register as the agency publishes them, of people who do not exist (RPPS 997...)."""

import zipfile
from collections.abc import Iterable
from pathlib import Path

NAME = "PS_LibreAcces_Personne_activite_202611280842.txt"

HEADER = (
    "Type d'identifiant PP|Identifiant PP|Identification nationale PP|Code civilité d'exercice"
    "|Libellé civilité d'exercice|Code civilité|Libellé civilité|Nom d'exercice|Prénom d'exercice|Code profession"
    "|Libellé profession|Code catégorie professionnelle|Libellé catégorie professionnelle|Code type savoir-faire"
    "|Libellé type savoir-faire|Code savoir-faire|Libellé savoir-faire|Code mode exercice|Libellé mode exercice"
    "|Numéro SIRET site|Numéro SIREN site|Numéro FINESS site|Numéro FINESS établissement juridique"
    "|Identifiant technique de la structure"
    "|Raison sociale site|Enseigne commerciale site|Complément destinataire (coord. structure)"
    "|Complément point géographique (coord. structure)|Numéro Voie (coord. structure)"
    "|Indice répétition voie (coord. structure)|Code type de voie (coord. structure)"
    "|Libellé type de voie (coord. structure)|Libellé Voie (coord. structure)|Mention distribution (coord. structure)"
    "|Bureau cedex (coord. structure)|Code postal (coord. structure)|Code commune (coord. structure)"
    "|Libellé commune (coord. structure)|Code pays (coord. structure)|Libellé pays (coord. structure)"
    "|Téléphone (coord. structure)|Téléphone 2 (coord. structure)|Télécopie (coord. structure)"
    "|Adresse e-mail (coord. structure)|Code Département (structure)|Libellé Département (structure)"
    "|Ancien identifiant de la structure|Autorité d'enregistrement|Code secteur d'activité|Libellé secteur d'activité"
    "|Code section tableau pharmaciens|Libellé section tableau pharmaciens|Code rôle|Libellé rôle"
    "|Code genre activité|Libellé genre activité|"
)
COLUMNS = HEADER.split("|")

ELOISE = {
    "Identification nationale PP": "899700123450",
    "Code civilité d'exercice": "DR",
    "Code civilité": "MME",
    "Nom d'exercice": "D'AUBRAC",
    "Prénom d'exercice": "Éloïse",
    "Code profession": "10",
    "Libellé profession": "Médecin",
    "Code catégorie professionnelle": "C",
    "Code savoir-faire": "SM36",
    "Code mode exercice": "S",
    "Identifiant technique de la structure": "F450000000",
    "Raison sociale site": "CH DE BELLEFONTAINE",
    "Numéro Voie (coord. structure)": "3",
    "Libellé type de voie (coord. structure)": "Rue",
    "Libellé Voie (coord. structure)": "DES ORMES",
    "Code postal (coord. structure)": "45800",
    "Libellé commune (coord. structure)": "Saint-Jean-de-Braye",
    "Code Département (structure)": "45",
    "Adresse e-mail (coord. structure)": "secretariat@bellefontaine.exemple.test",
}


def a_line(**changed: str) -> str:
    """The line of Éloïse d'Aubrac; `changed` names columns in the words of `_NAMES`."""
    values = ELOISE | {_NAMES[name]: value for name, value in changed.items()}
    return "|".join(values.get(column, "") for column in COLUMNS)


_NAMES = {
    "national_id": "Identification nationale PP",
    "po_box": "Mention distribution (coord. structure)",
    "title": "Code civilité d'exercice",
    "civility": "Code civilité",
    "family_name": "Nom d'exercice",
    "given_name": "Prénom d'exercice",
    "profession": "Code profession",
    "structure": "Raison sociale site",
    "postcode": "Code postal (coord. structure)",
    "town": "Libellé commune (coord. structure)",
}


def colleagues(count: int, *, first: int = 0) -> list[str]:
    """So many lines, each of another person."""
    return [
        a_line(national_id=f"89970{number:07d}", family_name=f"DUPONT{number}", given_name="Jeanne")
        for number in range(first, first + count)
    ]


def write_extract(
    folder: Path, lines: Iterable[str], *, header: str = HEADER, encoding: str = "utf-8", end: str = "\n",
    name: str = NAME,
) -> Path:  # fmt: skip
    """A file of these lines."""
    file = folder / name
    file.write_bytes(end.join([header, *lines, ""]).encode(encoding))
    return file


def zipped(*files: Path) -> Path:
    """The files in a zip beside the first, as the agency publishes them."""
    archive = files[0].with_name("PS_LibreAcces_202611280842.zip")
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as opened:
        for file in files:
            opened.write(file, file.name)
    return archive
