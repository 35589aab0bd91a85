"""Which columns of the published extract are kept, found by their header whatever the year has called it.

Labels vary: "Code civilité exercice" and "Code civilité d'exercice", "Code postal (coord. structure)" and "Code
postal". Accents, case, articles and what stands in brackets do not count. A required column that no header names is an
error; the others are empty when they are missing. The telephones and e-mail addresses of the extract are not kept:
nothing here needs them.
"""

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Final

KEPT: Final = (
    "national_id", "title", "civility", "family_name", "given_name", "profession", "category", "skill", "mode",
    "structure", "structure_id", "street", "po_box", "postcode", "town", "department",
)  # fmt: skip
"""The columns of `register_entry` that a line fills, in the order of `LineReader.read`."""

LONGEST: Final = (32, 8, 8, 120, 120, 8, 8, 16, 8, 200, 40, 200, 100, 10, 100, 3)
"""How many characters of each are kept."""

_ARTICLES: Final = frozenset({"d", "de", "des", "du", "l", "la", "le", "les"})


@dataclass(frozen=True, slots=True)
class _Column:
    name: str
    headers: tuple[str, ...]
    is_required: bool = False


_COLUMNS: Final = (
    _Column("national_id", ("Identification nationale PP",), is_required=True),
    _Column("title", ("Code civilité d'exercice",)),
    _Column("civility", ("Code civilité",)),
    _Column("family_name", ("Nom d'exercice",), is_required=True),
    _Column("given_name", ("Prénom d'exercice",), is_required=True),
    _Column("profession", ("Code profession",), is_required=True),
    _Column("category", ("Code catégorie professionnelle",)),
    _Column("skill", ("Code savoir-faire",)),
    _Column("mode", ("Code mode exercice",)),
    _Column("structure", ("Raison sociale site", "Raison sociale")),
    _Column("sign", ("Enseigne commerciale site", "Enseigne commerciale")),
    _Column("structure_id", ("Identifiant technique de la structure",)),
    _Column("street_number", ("Numéro voie",)),
    _Column("street_repetition", ("Indice répétition voie",)),
    _Column("street_type", ("Libellé type de voie",)),
    _Column("street_name", ("Libellé voie",)),
    _Column("po_box", ("Mention distribution",)),
    _Column("postcode", ("Code postal",)),
    _Column("town", ("Libellé commune",)),
    _Column("department", ("Code département",)),
)


class MissingColumns(ValueError):
    """The header lacks columns that we cannot do without."""

    def __init__(self, labels: Sequence[str]) -> None:
        super().__init__(", ".join(labels))
        self.labels = tuple(labels)


class LineReader:
    """Reads the lines of one file, whose header it was made with."""

    def __init__(self, header: str) -> None:
        """
        Raises:
            MissingColumns: columns that we cannot do without have no header.
        """
        labels = [normalized(label) for label in header.split("|")]
        self.width = len(labels)
        self._ends_bare = labels[-1] != ""  # lines end with a | that such a header lacks
        places = {name: place for place, name in reversed(list(enumerate(labels)))}
        found = {column.name: _place(column, places) for column in _COLUMNS}
        if missing := [column.headers[0] for column in _COLUMNS if column.is_required and found[column.name] is None]:
            raise MissingColumns(missing)
        # A column that is missing is read from one that `read` adds at the end, always empty.
        chosen = [self.width if (place := found[column.name]) is None else place for column in _COLUMNS]
        self._choose: Callable[[Sequence[str]], tuple[str, ...]] = itemgetter(*chosen)

    def read(self, line: str) -> tuple[str, ...] | None:
        """The values of `KEPT` in a line; None when it has not as many columns as the header, or no identifier."""
        fields = line.split("|")
        fields.append("")
        if len(fields) != self.width + 1 and not (self._ends_bare and len(fields) == self.width + 2 and not fields[-2]):
            return None
        (
            national_id, title, civility, family_name, given_name, profession, category, skill, mode, structure, sign,
            structure_id, number, repetition, street_type, street_name, po_box, postcode, town, department,
        ) = self._choose(fields)  # fmt: skip
        if not national_id:
            return None
        street = " ".join(filter(None, (number + repetition, street_type, street_name)))
        values = (
            national_id, title, civility, family_name, given_name, profession, category, skill, mode,
            structure or sign, structure_id, street, po_box, postcode, town, department,
        )  # fmt: skip
        return tuple([value[:longest] for value, longest in zip(values, LONGEST, strict=True)])


def normalized(label: str) -> str:
    """A header with what varies left out: `code civilite exercice` of `Code civilité d'exercice`."""
    without_brackets = re.sub(r"\([^()]*\)", " ", label[:200])
    decomposed = unicodedata.normalize("NFKD", without_brackets.casefold())
    letters = "".join(character for character in decomposed if not unicodedata.combining(character))
    return " ".join(word for word in re.split(r"[^a-z0-9]+", letters) if word and word not in _ARTICLES)


def _place(column: _Column, places: dict[str, int]) -> int | None:
    return next((places[name] for header in column.headers if (name := normalized(header)) in places), None)
