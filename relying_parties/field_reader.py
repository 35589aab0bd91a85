"""Reads untrusted fields of a registration, and collects every problem before one is raised.

A field is read by its expected type. Size, type and characters are checked here;
what a value means is checked in relying_parties/registration.
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

Choice = TypeVar("Choice", bound=StrEnum)


@dataclass(slots=True, kw_only=True)
class Document:
    """The received values under our names for them, and the problems found so far.

    `places` maps our name of a field to its name in the document, which problems show. `unknown` holds the names that
    the document has and we do not know. `uses_oidc` is false when the document describes SAML only.
    """

    values: Mapping[str, object]
    places: Mapping[str, str]
    unknown: frozenset[str] = frozenset()
    uses_oidc: bool = True
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
        """One line of readable text in Unicode NFC; None when the field is absent or refused."""
        value = self.values.get(name)
        if value is None:
            return None
        if not isinstance(value, str) or not value.strip():
            self.refuse(name, value, "must be text")
        elif len(value) > longest:
            self.refuse(name, value, f"must be at most {longest} characters long (it has {len(value)})")
        elif any(unicodedata.category(character) in UNREADABLE for character in value):
            self.refuse(name, value, "must be one line without control or invisible characters")
        else:
            return unicodedata.normalize("NFC", value.strip())
        return None

    def texts(self, name: str, *, most: int) -> tuple[str, ...]:
        """A list of distinct texts. A bad item is refused and left out; the good ones are returned."""
        value = self.values.get(name, ())
        if not isinstance(value, list | tuple):
            self.refuse(name, value, 'must be a list of texts, such as ["..."]')
            return ()
        if len(value) > most:
            self.refuse(name, value, f"must have at most {most} items (it has {len(value)})")
            return ()
        found: dict[str, None] = {}
        for item in value:
            if not isinstance(item, str):
                self.refuse(name, item, "each item must be text")
            elif item in found:
                self.refuse(name, item, "is listed twice")
            else:
                found[item] = None
        return tuple(found)

    def choice(self, name: str, choices: type[Choice], default: Choice) -> Choice:
        value = self.values.get(name, default)
        for choice in choices:
            if value == choice:
                return choice
        self.refuse(name, value, among(value, choices))
        return default

    def whole_number(self, name: str, *, default: int, most: int) -> int:
        """A number from 0 to `most`."""
        value = self.values.get(name, default)
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= most:
            return value
        self.refuse(name, value, f"must be a whole number from 0 to {most}")
        return default

    def boolean(self, name: str, *, default: bool) -> bool:
        value = self.values.get(name, default)
        if isinstance(value, bool):
            return value
        self.refuse(name, value, "must be true or false")
        return default


def read_bounded(document: str | bytes, read: Callable[[str], object], *, language: str) -> dict[str, object]:
    """The table in `document`, which may come from a stranger. `read` parses the text.

    Raises:
        RegistrationProblems: the document is too large, not UTF-8, not written in `language`, or not a table.
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
    return RegistrationProblems([Problem(field="the document", received=received, change=change)])
