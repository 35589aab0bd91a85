"""Responses by pattern: what pysaml2 made once for a shape, and the words that each answer puts in.

Two Responses that have the same elements and attributes differ by their texts alone. So
pysaml2 makes one of each shape, with a numbered place where each text goes, and an
answer is a copy of it, filled by lxml, which escapes what it is given. To make each
anew, element by element, took a fifth of a sign-in (docs/performance.md).
"""

from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from lxml import etree

from idp.release import SamlAttribute

MOST_PATTERNS = 256
"""Those asked for last are kept: some 10 kB each. An application's people have few shapes between them."""


class Words(NamedTuple):
    """The texts of a Response and its Assertion, as they are written, but for attributes; None: there is no such."""

    response_id: str
    assertion_id: str
    issue_instant: str
    service_provider: str
    consumer_url: str
    in_response_to: str | None
    name_id: str
    name_id_format: str | None
    name_qualifier: str | None
    sp_name_qualifier: str | None
    class_ref: str
    authn_instant: str
    session_index: str
    session_end: str
    not_before: str
    not_on_or_after: str


Makes = Callable[[Words, Sequence[SamlAttribute]], etree._Element]
"""Makes a Response of these texts, element by element."""


class ResponsePatterns:
    """The patterns made so far. Shared by a worker's threads: what is kept is only ever copied."""

    def __init__(self, makes: Makes) -> None:
        self._makes = makes
        self._pattern = lru_cache(MOST_PATTERNS)(self._made)

    def response(self, words: Words, attributes: Sequence[SamlAttribute]) -> etree._Element:
        """The Response that `makes` would make of these."""
        shape = _Shape(
            absent=frozenset([number for number, word in enumerate(words) if word is None]),
            attributes=tuple([(each.name, each.friendly_name, len(each.values)) for each in attributes]),
        )
        texts = [word or "" for word in words]
        for attribute in attributes:
            texts += attribute.values
        return self._pattern(shape).filled(texts)

    def _made(self, shape: "_Shape") -> "_Pattern":
        """A Response whose texts are numbers, to see where each goes."""
        count = len(Words._fields)
        words = Words(*[None if number in shape.absent else _place(number) for number in range(count)])  # type: ignore[arg-type]
        attributes = []
        for name, friendly_name, values in shape.attributes:
            places = tuple(_place(number) for number in range(count, count + values))
            attributes.append(SamlAttribute(name=name, friendly_name=friendly_name, values=places))
            count += values
        root = self._makes(words, attributes)
        numbers = {_place(number): number for number in range(count) if number not in shape.absent}
        found: list[tuple[int, str | None, int]] = []
        for position, element in enumerate(root.iter()):
            said: list[tuple[str | None, str | None]] = [*element.attrib.items(), (None, element.text)]
            found += [(position, name, numbers[text]) for name, text in said if text in numbers]
        assert {number for *_, number in found} == set(numbers.values())  # noqa: S101 - no text of an answer is lost
        return _Pattern(root=root, places=tuple(found))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shape:
    """What two Responses have in common that differ by their texts alone."""

    absent: frozenset[int]
    attributes: tuple[tuple[str, str, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pattern:
    """A Response, and its places: an element's number in document order, an attribute or its text, a text's number."""

    root: etree._Element
    places: tuple[tuple[int, str | None, int], ...]

    def filled(self, texts: Sequence[str]) -> etree._Element:
        root = deepcopy(self.root)
        elements = list(root.iter())
        for element, attribute, text in self.places:
            if attribute is None:
                elements[element].text = texts[text]
            else:
                elements[element].set(attribute, texts[text])
        return root


def _place(number: int) -> str:
    return f"place-{number}"
