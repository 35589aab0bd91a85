"""A registration as it was received: values not yet believed, and what is wrong with them.

Whatever a file or a stranger sends is read here within bounds, and each field is
asked for by what it should be. Nothing is raised before everything was looked at.
"""

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeVar

from config.text_files import NotText, text_of
from relying_parties.problems import Problem, RegistrationProblems, among, nearest, shown

LARGEST_DOCUMENT = 16_384

# Unicode general categories: control, format (right-to-left marks...), surrogate, private, unassigned, separators.
UNREADABLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})

Word = TypeVar("Word", bound=StrEnum)


@dataclass(slots=True, kw_only=True)
class Document:
    """Values received, under our names for them, and the problems found so far.

    `places` says where each field stands in what was received, so that a problem
    names the field its writer knows; `unknown` are names that mean nothing to us.
    `speaks_oidc` is false where only SAML was spoken of.
    """

    values: Mapping[str, object]
    places: Mapping[str, str]
    unknown: frozenset[str] = frozenset()
    speaks_oidc: bool = True
    problems: list[Problem] = field(default_factory=list)

    def refuse(self, name: str, received: object, change: str) -> None:
        self.problems.append(Problem(field=self.places.get(name, name), received=shown(received), change=change))

    def missing(self, name: str, example: str) -> None:
        place = self.places.get(name, name)
        meant = nearest(place, self.unknown)
        self.refuse(
            name, None, f"{meant} is not a field: did you mean {place}?" if meant else f"must be given: {example}"
        )

    def text(self, name: str, *, longest: int = 1000) -> str | None:
        """One line that people can read, in its one composed form; None when absent or refused."""
        value = self.values.get(name)
        if value is None:
            return None
        if not isinstance(value, str) or not value.strip():
            self.refuse(name, value, "must be a text")
        elif len(value) > longest:
            self.refuse(name, value, f"must be at most {longest} characters long (it has {len(value)})")
        elif any(unicodedata.category(character) in UNREADABLE for character in value):
            self.refuse(name, value, "must be one line without control or invisible characters")
        else:
            return unicodedata.normalize("NFC", value.strip())
        return None

    def texts(self, name: str, *, most: int) -> tuple[str, ...]:
        """A list of different texts; what is wrong with it is said, and the good ones are kept."""
        value = self.values.get(name, ())
        if not isinstance(value, list | tuple):
            self.refuse(name, value, 'must be a list of texts, such as ["..."]')
            return ()
        if len(value) > most:
            self.refuse(name, value, f"must hold at most {most} (it holds {len(value)})")
            return ()
        found: dict[str, None] = {}
        for item in value:
            if not isinstance(item, str):
                self.refuse(name, item, "must hold texts only")
            elif item in found:
                self.refuse(name, item, "is there twice")
            else:
                found[item] = None
        return tuple(found)

    def choice(self, name: str, words: type[Word], default: Word) -> Word:
        value = self.values.get(name, default)
        for word in words:
            if value == word:
                return word
        self.refuse(name, value, among(value, words))
        return default

    def boolean(self, name: str, *, default: bool) -> bool:
        value = self.values.get(name, default)
        if isinstance(value, bool):
            return value
        self.refuse(name, value, "must be true or false")
        return default


def read_bounded(document: str | bytes, read: Callable[[str], object], *, language: str) -> dict[str, object]:
    """The table that `document` holds, however hostile it is.

    Raises:
        RegistrationProblems: it is too large, not UTF-8, not the language, or no table.
    """
    if len(document) > LARGEST_DOCUMENT:
        raise _unreadable(f"{len(document)} characters", f"must be at most {LARGEST_DOCUMENT}")
    try:
        text = text_of(document) if isinstance(document, bytes) else document
        table = read(text)
    except NotText as wrong:
        raise _unreadable("octets", str(wrong)) from None
    except ValueError as wrong:  # what both parsers raise
        raise _unreadable(shown(text), f"is not {language}: {str(wrong)[:200]}") from None
    if not isinstance(table, dict):
        raise _unreadable(shown(table), f"must be a {language} object")
    return table


def _unreadable(received: str, change: str) -> RegistrationProblems:
    return RegistrationProblems([Problem(field="the whole", received=received, change=change)])
