"""Exclusive XML Canonicalization 1.0, without comments: the form in which XML is signed; and what others sign by.

libxml2 makes it of a tree. Where the words of an answer are put into a text that is
canonical already, they are written here as the form wants them (Canonical XML 1.0,
section 2.3), so that what is signed is what is sent.
"""

import re
from dataclasses import dataclass

from lxml import etree

from config.xml import detached_copy as alone_in_a_document
from idp.saml.vocabulary import ASSERTION_NAMESPACE

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0, section 2.2
_AS_IT_IS = re.compile('[^&<>"\x00-\x1f\ud800-\udfff\ufffe\uffff]*')
_XML = "{http://www.w3.org/XML/1998/namespace}"
_DECLARED = f' xmlns:saml="{ASSERTION_NAMESPACE}"'


def canonical(element: etree._Element) -> bytes:
    """The form of an element, as if it were alone."""
    return etree.tostring(element, method="c14n", exclusive=True, with_comments=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Canonicalization:
    """How something was canonicalized: exclusive, with these prefixes treated as inclusive, or inclusive."""

    is_exclusive: bool
    prefixes: tuple[str, ...] = ()

    def of(self, element: etree._Element) -> bytes:
        """The form of an element where it stands in its document."""
        if self.is_exclusive and not self.prefixes:
            return canonical(element)
        by_itself = alone_in_a_document(element)
        self.inherit(by_itself, element)
        return etree.tostring(
            by_itself,
            method="c14n",
            exclusive=self.is_exclusive,
            with_comments=False,
            inclusive_ns_prefixes=self.prefixes if self.is_exclusive else None,
        )

    def inherit(self, copied: etree._Element, element: etree._Element) -> None:
        """Give a copy, whose namespaces are the element's, what the inclusive form has of the element's ancestors.

        Canonical XML 1.0, section 2.4: the nearest of each of their `xml:` attributes.
        """
        if self.is_exclusive:
            return
        for ancestor in element.iterancestors():
            for name, value in ancestor.attrib.items():
                if name.startswith(_XML) and name not in copied.attrib:
                    copied.set(name, value)


def as_content(words: str) -> str:
    """These words between two tags.

    Raises:
        ValueError: XML cannot hold them.
    """
    if _AS_IT_IS.fullmatch(words):
        return words
    return _possible(words).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\r", "&#xD;")


def as_value(words: str) -> str:
    """These words between the quotes of an attribute.

    Raises:
        ValueError: XML cannot hold them.
    """
    if _AS_IT_IS.fullmatch(words):
        return words
    escaped = _possible(words).replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
    return escaped.replace("\t", "&#x9;").replace("\n", "&#xA;").replace("\r", "&#xD;")


def _possible(words: str) -> str:
    if _NOT_XML.search(words):
        raise ValueError("XML cannot hold a control character, nor half a surrogate pair")
    return words


def alone(element: str) -> str:
    """An element with the prefix saml, out of one in which the prefix is declared: by itself it declares it."""
    name = element[: re.search(r"[\s/>]", element).start()]  # type: ignore[union-attr]
    return f"{name}{_DECLARED}{element[len(name) :]}"


def within(element: str) -> str:
    """The opposite of `alone`."""
    return element.replace(_DECLARED, "", 1)
