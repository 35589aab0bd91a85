"""Escapes text as in Canonical XML, for XML that is written and signed without a tree.

Canonical XML 1.0, section 2.3: in content `&`, `<`, `>` and CR are escaped; in an
attribute `&`, `<`, `"`, TAB, LF and CR. Everything else is written as it is, in UTF-8.
"""

import re

from idp.saml.vocabulary import ASSERTION_NAMESPACE

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0, section 2.2
_NOTHING_TO_ESCAPE = re.compile('[^&<>"\x00-\x1f\ud800-\udfff\ufffe\uffff]*')
_DECLARED = f' xmlns:saml="{ASSERTION_NAMESPACE}"'


def as_content(text: str) -> str:
    """`text` as the content of an element.

    Raises:
        ValueError: `text` has a character that is not allowed in XML.
    """
    if _NOTHING_TO_ESCAPE.fullmatch(text):
        return text
    return _possible(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\r", "&#xD;")


def as_value(text: str) -> str:
    """`text` as the value of an attribute, between its quotes.

    Raises:
        ValueError: `text` has a character that is not allowed in XML.
    """
    if _NOTHING_TO_ESCAPE.fullmatch(text):
        return text
    escaped = _possible(text).replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
    return escaped.replace("\t", "&#x9;").replace("\n", "&#xA;").replace("\r", "&#xD;")


def _possible(text: str) -> str:
    if _NOT_XML.search(text):
        raise ValueError("XML does not allow control characters or half a surrogate pair")
    return text


def with_declaration(element: str) -> str:
    """Add the declaration of the prefix `saml` to an element taken out of one that declares it."""
    name = element[: re.search(r"[\s/>]", element).start()]  # type: ignore[union-attr]
    return f"{name}{_DECLARED}{element[len(name) :]}"


def without_declaration(element: str) -> str:
    """Remove that declaration from an element that goes back into one that declares the prefix."""
    return element.replace(_DECLARED, "", 1)
