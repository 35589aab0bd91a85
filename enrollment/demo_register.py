"""The national register of the demonstration: invented professionals, as an extract that is imported like any other.

Of the requests in `demo.py`, some match it, one is under another name, one practises elsewhere, and one is unknown.
"""

import tempfile
from datetime import datetime
from pathlib import Path
from typing import Final

from config.actor import Actor
from config.audit.trail import Audit
from config.sql.database import Database
from enrollment.register.extract_file import PARIS
from enrollment.register.importing import import_extract

HEADER: Final = (
    "Identification nationale PP", "Code civilité d'exercice", "Code civilité", "Nom d'exercice", "Prénom d'exercice",
    "Code profession", "Raison sociale site", "Numéro voie", "Libellé type de voie", "Libellé voie",
    "Code postal (coord. structure)", "Libellé commune (coord. structure)", "Code département (coord. structure)",
)  # fmt: skip

REGISTERED: Final = (
    (
        "899700000013", "", "MME", "LEFEVRE-MONTOYA", "Zoé", "60", "CHU DE TOURAINE",
        "2", "BD", "DES LILAS", "37000", "TOURS", "37",
    ),
    (
        "899700000021", "", "M", "NKEMBA", "Paul", "21", "PHARMACIE DE L'ARCHE",
        "8", "RUE", "DU MOULIN", "18000", "BOURGES", "18",
    ),
    (
        "899700000039", "", "MME", "LE GOFF", "Maëlys", "50", "MATERNITE DU VAL",
        "1", "RUE", "DES SAULES", "41000", "BLOIS", "41",
    ),
    (
        "899700000104", "DR", "MME", "D'AUBRAC", "Éloïse", "10", "CH DE BELLEFONTAINE",
        "3", "RUE", "DES ORMES", "45800", "SAINT-JEAN-DE-BRAYE", "45",
    ),
    (
        "899700123450", "DR", "MME", "DUPONT", "Jeanne", "10", "CABINET DES TILLEULS",
        "12", "RUE", "DES TILLEULS", "45000", "ORLEANS", "45",
    ),
    (
        "899700000047", "DR", "M", "LOISELEUR", "Bastien", "10", "CLINIQUE DU PARC",
        "5", "AV", "DU PARC", "28000", "CHARTRES", "28",
    ),
    (
        "899700000062", "", "MME", "QUEMENEUR", "Solène", "60", "EHPAD DES SOURCES",
        "9", "RUE", "DES SOURCES", "41000", "BLOIS", "41",
    ),
    (
        "899700000070", "", "MME", "VASQUEZ-ROY", "Tamara", "21", "PHARMACIE CENTRALE",
        "4", "PL", "DU MARCHE", "18000", "BOURGES", "18",
    ),
)  # fmt: skip
"""One line a professional, in the order of `HEADER`."""


def import_invented_register(database: Database) -> None:
    """Import the invented extract, as of today."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"demonstration_personne_activite_{datetime.now(PARIS):%Y%m%d%H%M}.txt"
        path.write_text("".join("|".join(line) + "\n" for line in (HEADER, *REGISTERED)), encoding="utf-8")
        import_extract(database, Audit(database), path, actor=Actor.command_line())
