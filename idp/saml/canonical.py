"""Exclusive XML Canonicalization 1.0, without comments: the form in which XML is signed.

libxml2 makes it of a tree. Where the words of an answer are put into a text that is
canonical already, they are written here as the form wants them (Canonical XML 1.0,
section 2.3), so that what is signed is what is sent.
"""

import re

from lxml import etree

from idp.saml.vocabulary import ASSERTION_NAMESPACE

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0, section 2.2
_AS_IT_IS = re.compile('[^&<>"\x00-\x1f\ud800-\udfff\ufffe\uffff]*')
_DECLARED = f' xmlns:saml="{ASSERTION_NAMESPACE}"'


def canonical(element: etree._Element) -> bytes:
    """The form of an element, as if it were alone."""
    return etree.tostring(element, method="c14n", exclusive=True, with_comments=False)


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
