"""What all protocol messages have in common, with pysaml2 (Core, section 3.2)."""

from typing import Any

from lxml import etree
from saml2 import SamlBase, create_class_from_element_tree, samlp
from saml2.validate import NotValid, valid_instance

from idp.saml.errors import Status
from idp.saml.pysaml2.messages import AGAINST_THE_SCHEMA, MessageMalformed, NameId, WrongVersion


def message_of(kind: type[SamlBase], element: etree._Element, tag: str) -> SamlBase:
    """pysaml2's object for an element, which must have this tag. The caller verifies its signature.

    Raises:
        MessageMalformed: the element has another tag, or is not valid.
        WrongVersion: it is not SAML 2.0.
    """
    if element.tag != tag:
        raise MessageMalformed(f"not a {tag.rpartition('}')[2]}")
    try:
        message = create_class_from_element_tree(kind, element)
        valid_instance(message)
    except (NotValid, ValueError, KeyError, AttributeError, TypeError) as broken:
        # pysaml2 raises all but the first for invalid instants and misplaced elements
        raise MessageMalformed(AGAINST_THE_SCHEMA) from broken
    if message.version != "2.0":
        raise WrongVersion
    return message


def issuer_of(message: SamlBase) -> str:
    """The Issuer of a message: Core, section 2.2.5.

    Raises:
        MessageMalformed: there is none.
    """
    if message.issuer is None or not message.issuer.text:
        raise MessageMalformed("no Issuer")
    return str(message.issuer.text).strip()


def status_code_of(message: SamlBase) -> SamlBase:
    """The top-level status code of a response: Core, section 3.2.2.1. The schema requires it; pysaml2 does not.

    Raises:
        MessageMalformed: there is none.
    """
    if message.status is None or message.status.status_code is None:
        raise MessageMalformed("no Status")
    return message.status.status_code


def name_id_from(element: Any) -> NameId:
    """The plain value of pysaml2's NameID."""
    return NameId(
        value=(element.text or "").strip(),
        format=element.format,
        name_qualifier=element.name_qualifier,
        sp_name_qualifier=element.sp_name_qualifier,
    )


def status_element(status: Status) -> samlp.Status:
    """pysaml2's Status: Core, section 3.2.2.1."""
    code = samlp.StatusCode(value=status.top.value)
    if status.second is not None:
        code.status_code = samlp.StatusCode(value=status.second.value)
    message = samlp.StatusMessage(text=status.message) if status.message else None
    return samlp.Status(status_code=code, status_message=message)
