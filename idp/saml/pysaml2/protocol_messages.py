"""What is the same in every protocol message that pysaml2 reads for us (Core, section 3.2)."""

from lxml import etree
from saml2 import SamlBase, create_class_from_element_tree
from saml2.validate import NotValid, valid_instance

from idp.saml.pysaml2.adapter import AGAINST_THE_SCHEMA, MessageMalformed, WrongVersion


def message_of(kind: type[SamlBase], element: etree._Element, tag: str) -> SamlBase:
    """pysaml2's object for an element that must have this tag; whoever signed it is looked at elsewhere.

    Raises:
        MessageMalformed
        WrongVersion
    """
    if element.tag != tag:
        raise MessageMalformed(f"not a {tag.rpartition('}')[2]}")
    try:
        message = create_class_from_element_tree(kind, element)
        valid_instance(message)
    except (NotValid, ValueError, KeyError, AttributeError, TypeError) as broken:
        # all but the first are bare, for instants and elements in the wrong place
        raise MessageMalformed(AGAINST_THE_SCHEMA) from broken
    if message.version != "2.0":
        raise WrongVersion
    return message


def issuer_of(message: SamlBase) -> str:
    """Core, section 2.2.5.

    Raises:
        MessageMalformed: there is none.
    """
    if message.issuer is None or not message.issuer.text:
        raise MessageMalformed("no Issuer")
    return str(message.issuer.text).strip()


def status_code_of(message: SamlBase) -> SamlBase:
    """The first code of a response's status, Core section 3.2.2.1; the schema requires it, and pysaml2 does not.

    Raises:
        MessageMalformed: there is none.
    """
    if message.status is None or message.status.status_code is None:
        raise MessageMalformed("no Status")
    return message.status.status_code
