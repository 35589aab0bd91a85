"""Responses by pattern: what pysaml2 made once for a shape, and the words that each answer puts in.

Two Responses that have the same elements and attributes differ by their texts alone. So
pysaml2 makes one of each shape, with a place where each text goes; its canonical form
is kept, and an answer is that text with its words in their places. It is canonical then,
as it is to be signed: neither a tree nor its canonical form is made for an answer,
which took a quarter of a sign-in (docs/performance.md).
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from secrets import token_hex
from typing import NamedTuple

from lxml import etree

from idp.attribute_release import SamlAttribute
from idp.saml.vocabulary import SAML
from idp.saml.xmlsec.canonical import as_content, as_value, canonical

MOST_PATTERNS = 256
"""Those asked for last are kept: some 10 kB each. An application's people have few shapes between them."""


class ResponseValues(NamedTuple):
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


class ElementText(NamedTuple):
    """An element in its canonical form, cut where its signature goes: after its Issuer (Core, section 5.4.1)."""

    identifier: str
    start: str
    rest: str

    @property
    def text(self) -> str:
        return f"{self.start}{self.rest}"

    def signed(self, signature: str) -> str:
        return f"{self.start}{signature}{self.rest}"


class ResponseText(NamedTuple):
    """A Response with one Assertion, in canonical form, cut where each may be signed and what it holds encrypted."""

    response_id: str
    assertion_id: str
    start: str
    status: str
    assertion_start: str
    subject_start: str
    name_id: str
    rest: str
    end: str

    @property
    def text(self) -> str:
        return self.response(self.assertion(self.name_id).text).text

    def assertion(self, name_id: str) -> ElementText:
        """The Assertion, with `name_id` as what its NameID has become."""
        return ElementText(self.assertion_id, self.assertion_start, f"{self.subject_start}{name_id}{self.rest}")

    def response(self, assertion: str) -> ElementText:
        """The Response, with `assertion` as what its Assertion has become."""
        return ElementText(self.response_id, self.start, f"{self.status}{assertion}{self.end}")


Makes = Callable[[ResponseValues, Sequence[SamlAttribute]], etree._Element]
"""Makes a Response of these texts, element by element."""


class ResponsePatterns:
    """The patterns made so far, shared by a worker's threads."""

    def __init__(self, makes: Makes) -> None:
        self._makes = makes
        self._pattern = lru_cache(MOST_PATTERNS)(self._made)

    def response(self, words: ResponseValues, attributes: Sequence[SamlAttribute]) -> ResponseText:
        """The Response that `makes` would make of these.

        Raises:
            ValueError: XML cannot hold one of the texts.
        """
        shape = _Shape(
            absent=frozenset([number for number, word in enumerate(words) if word is None]),
            attributes=tuple([(each.name, each.friendly_name, len(each.values)) for each in attributes]),
        )
        texts = [word or "" for word in words]
        for attribute in attributes:
            texts += attribute.values
        parts = [
            "".join([piece if isinstance(piece, str) else piece.write(texts[piece.number]) for piece in part])
            for part in self._pattern(shape)
        ]
        return ResponseText(words.response_id, words.assertion_id, *parts)

    def _made(self, shape: "_Shape") -> "tuple[_Part, ...]":
        """A Response whose texts are numbers, to see where each goes, and cut where signatures and the like do."""
        count = len(ResponseValues._fields)
        place = f"place-{token_hex(16)}-{{}}-".format
        words = ResponseValues(*[None if number in shape.absent else place(number) for number in range(count)])  # type: ignore[arg-type]
        attributes = []
        for name, friendly_name, values in shape.attributes:
            places = tuple([place(number) for number in range(count, count + values)])
            attributes.append(SamlAttribute(name=name, friendly_name=friendly_name, values=places))
            count += values
        root = self._makes(words, attributes)
        _cut(root)
        parts = canonical(root).decode().split(_CUT)
        pattern = tuple([_part(part, re.compile(place(r"(\d+)"))) for part in parts])
        placed = {piece.number for part in pattern for piece in part if isinstance(piece, _Place)}
        assert placed == set(range(count)) - shape.absent  # noqa: S101 - no text of an answer is lost
        return pattern


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shape:
    """What two Responses have in common that differ by their texts alone."""

    absent: frozenset[int]
    attributes: tuple[tuple[str, str, int], ...]


class _Place(NamedTuple):
    """Where a text goes, by its number, and how it is written there."""

    number: int
    write: Callable[[str], str]


_Part = tuple[str | _Place, ...]
"""The text between two cuts: what never changes, and places."""

_CUT = "<?cut?>"  # an instruction, of which a Response of ours has none


def _cut(response: etree._Element) -> None:
    assertion = response.find(f"{SAML}Assertion")
    name_id = response.find(f"{SAML}Assertion/{SAML}Subject/{SAML}NameID")
    assert assertion is not None  # noqa: S101 - pysaml2 was given all that it is made of
    assert name_id is not None  # noqa: S101
    response[0].addnext(etree.PI("cut"))  # after the Issuer
    assertion.addprevious(etree.PI("cut"))
    assertion[0].addnext(etree.PI("cut"))
    name_id.addprevious(etree.PI("cut"))
    name_id.addnext(etree.PI("cut"))
    assertion.addnext(etree.PI("cut"))


def _part(text: str, place: re.Pattern[str]) -> _Part:
    pieces: list[str | _Place] = []
    for position, piece in enumerate(place.split(text)):
        if position % 2 == 0:
            pieces.append(piece)
        else:
            pieces.append(_Place(int(piece), as_value if str(pieces[-1]).endswith('="') else as_content))
    return tuple(pieces)
