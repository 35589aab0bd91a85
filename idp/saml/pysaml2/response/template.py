"""Responses by template: pysaml2 builds one Response for each shape, and each answer inserts its texts.

Two Responses with the same elements and attributes differ only in their texts. pysaml2 builds one Response of each
shape, with a placeholder for each text (`tree.py`). Its canonical form is kept, split at the placeholders. An answer
joins the pieces with its texts, escaped as in the canonical form (`canonical_text.py`). The result is canonical and can
be signed as it is: building and canonicalizing a tree took a quarter of a sign-in (docs/performance.md).

Tests compare the result with the canonical form of the tree, for generated texts (tests/idp/saml/pysaml2/response).
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from secrets import token_hex
from typing import NamedTuple

from lxml import etree

from idp.attribute_release import SamlAttribute
from idp.saml.pysaml2.response.canonical_text import as_content, as_value
from idp.saml.pysaml2.response.values import ResponseValues
from idp.saml.vocabulary import SAML
from idp.saml.xmlsec.canonical import canonical

MOST_TEMPLATES = 256
"""The templates used last are kept, about 10 kB each. An application needs few."""


class ElementText(NamedTuple):
    """An element in canonical form, split where its signature goes: after its Issuer (Core, section 5.4.1)."""

    identifier: str
    start: str
    rest: str

    @property
    def text(self) -> str:
        return f"{self.start}{self.rest}"

    def signed(self, signature: str) -> str:
        return f"{self.start}{signature}{self.rest}"


class ResponseText(NamedTuple):
    """A Response with one Assertion in canonical form, split at its signatures and around encryptable elements."""

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
        """The Assertion with `name_id`, which may be encrypted, as its NameID."""
        return ElementText(self.assertion_id, self.assertion_start, f"{self.subject_start}{name_id}{self.rest}")

    def response(self, assertion: str) -> ElementText:
        """The Response with `assertion`, which may be signed or encrypted, as its Assertion."""
        return ElementText(self.response_id, self.start, f"{self.status}{assertion}{self.end}")


BuildTree = Callable[[ResponseValues, Sequence[SamlAttribute]], etree._Element]
"""Builds the tree of a Response with these texts."""


class ResponseTemplates:
    """The templates made so far, shared by the threads of a worker."""

    def __init__(self, build_tree: BuildTree) -> None:
        self._build_tree = build_tree
        self._template = lru_cache(MOST_TEMPLATES)(self._build_template)

    def response(self, values: ResponseValues, attributes: Sequence[SamlAttribute]) -> ResponseText:
        """The canonical form of the Response that `build_tree` would build.

        Raises:
            ValueError: a text has a character that is not allowed in XML.
        """
        shape = _Shape(
            absent=frozenset([number for number, value in enumerate(values) if value is None]),
            attributes=tuple([(each.name, each.friendly_name, len(each.values)) for each in attributes]),
        )
        texts = [value or "" for value in values]
        for attribute in attributes:
            texts += attribute.values
        parts = [
            "".join([piece if isinstance(piece, str) else piece.write(texts[piece.number]) for piece in part])
            for part in self._template(shape)
        ]
        return ResponseText(values.response_id, values.assertion_id, *parts)

    def _build_template(self, shape: "_Shape") -> "tuple[_Part, ...]":
        """A template: a Response of numbered placeholders, split at signatures and encryptable elements."""
        count = len(ResponseValues._fields)
        place = f"place-{token_hex(16)}-{{}}-".format
        values = ResponseValues(*[None if number in shape.absent else place(number) for number in range(count)])  # type: ignore[arg-type]
        attributes = []
        for name, friendly_name, many in shape.attributes:
            places = tuple([place(number) for number in range(count, count + many)])
            attributes.append(SamlAttribute(name=name, friendly_name=friendly_name, values=places))
            count += many
        root = self._build_tree(values, attributes)
        _cut(root)
        parts = canonical(root).decode().split(_CUT)
        template = tuple([_part(part, re.compile(place(r"(\d+)"))) for part in parts])
        placed = {piece.number for part in template for piece in part if isinstance(piece, _Place)}
        assert placed == set(range(count)) - shape.absent  # noqa: S101 - each text has its place
        return template


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shape:
    """What Responses of one template have in common: the absent texts, and each attribute with its number of values."""

    absent: frozenset[int]
    attributes: tuple[tuple[str, str, int], ...]


class _Place(NamedTuple):
    """The placeholder of a text, by number, and the escaping at that place."""

    number: int
    write: Callable[[str], str]


_Part = tuple[str | _Place, ...]
"""The text between two splits: fixed text and placeholders."""

_CUT = "<?cut?>"  # a processing instruction: escaped text cannot contain one, and our Responses have none


def _cut(response: etree._Element) -> None:
    assertion = response.find(f"{SAML}Assertion")
    name_id = response.find(f"{SAML}Assertion/{SAML}Subject/{SAML}NameID")
    assert assertion is not None  # noqa: S101 - every Response that we build has both
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
