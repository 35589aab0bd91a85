"""pysaml2's identity provider, with its unsafe parts replaced. `adapter.py` uses it.

What is replaced, and why:

    unravel               bindings/messages.py and config/xml.py have already parsed the message, within limits
    correctly_signed_*    xmlsec/verification.py verifies signatures before pysaml2 makes its objects
    sec.crypto            None: pysaml2 would fail if it tried to sign, verify, encrypt or decrypt
    session_db, ident     pysaml2 would keep every assertion for ever, and choose NameIDs itself
    metadata              the registry has the service providers
    Policy, converters    idp/attribute_release.py decides what is released, settings the lifetimes
    VALIDATOR["dateTime"] pysaml2 accepts "2026-1-5T8:0:0Z", which is no xs:dateTime, and is ten times as slow
    rndstr                identifiers have 160 random bits (Core, section 1.3.4, asks for 128; pysaml2's have 101)
"""

import secrets
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

from cryptography.utils import CryptographyDeprecationWarning
from lxml import etree
from saml2 import SamlBase, create_class_from_element_tree, saml, samlp, validate
from saml2.assertion import Policy
from saml2.config import IdPConfig
from saml2.request import AuthnRequest

from idp.attribute_release import SamlAttribute
from idp.saml.vocabulary import ASSERTION_NAMESPACE, PROTOCOL_NAMESPACE, SAML, SAMLP, URI_NAMES, instant

with warnings.catch_warnings():
    # for a cipher in a table of pysaml2 (saml2/cryptography/symmetric.py), which we never use
    warnings.simplefilter("ignore", CryptographyDeprecationWarning)
    from saml2 import s_utils
    from saml2.server import Server

PREFIXES = {"samlp": PROTOCOL_NAMESPACE, "saml": ASSERTION_NAMESPACE}


def new_id() -> str:
    """An ID for one of our messages: an NCName with 160 random bits."""
    return f"_{secrets.token_hex(20)}"


def _random(_size: int = 0, _alphabet: str = "") -> str:
    return secrets.token_hex(20)


s_utils.rndstr = _random  # pysaml2 makes its identifiers with it


def _date_time(text: str) -> bool:
    if instant(text) is None:
        raise validate.NotValid("dateTime")
    return True


validate.VALIDATOR["dateTime"] = _date_time


def instant_of(at: datetime) -> str:
    """An instant as SAML writes it (Core, section 1.3.3): in UTC, without fractions, which some readers refuse."""
    return f"{at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='seconds')}Z"


class LoginServer(Server):  # type: ignore[misc]
    """A worker has one, shared by its threads. It does not change after construction."""

    def __init__(self, configuration: Mapping[str, Any]) -> None:
        config = IdPConfig().load(dict(configuration))
        config.attribute_converters = [_AttributeNames()]
        super().__init__(config=config)
        self.session_db = _NoSessionDatabase()
        self.ident = None
        self.metadata = self.sec.metadata = config.metadata = _NoMetadata()
        self.sec.crypto = None
        self.sec.correctly_signed_authn_request = _object_reader(samlp.AuthnRequest)
        self.sec.correctly_signed_logout_request = _object_reader(samlp.LogoutRequest)

    def parse_authn_request(self, document: etree._Element, binding: str) -> AuthnRequest:
        """As pysaml2's method, without its check of the age, whose result pysaml2 ignores."""
        return self._parse_request(document, _RequestOfAnyAge, "single_sign_on_service", binding)

    @staticmethod
    def unravel(document: etree._Element, _binding: str, _msgtype: str = "") -> etree._Element:
        """Return the document, which is already inflated and parsed within limits."""
        return document


class _RequestOfAnyAge(AuthnRequest):  # type: ignore[misc]
    """An AuthnRequest whose age pysaml2 does not check; sso/authn_request.py does."""

    def issue_instant_ok(self) -> bool:
        return True


class _NoMetadata:
    """Replaces pysaml2's metadata store: the registry decides who is answered, and with which keys."""

    def __bool__(self) -> bool:
        return False  # pysaml2 then does not iterate over it

    def certs(self, _entity_id: str, _descriptor: str, use: str = "signing") -> list[tuple[None, str]]:  # noqa: ARG002
        return []


class _NoSessionDatabase:
    """Replaces pysaml2's session database."""

    def store_assertion(self, _assertion: saml.Assertion, _to_sign: object) -> None:
        """Store nothing. pysaml2 would keep the assertion, to answer queries, as long as the worker lives."""


class _AttributeNames:
    """Replaces pysaml2's attribute maps: idp/attribute_release.py names the attributes."""

    name_format = URI_NAMES

    def to_(self, attributes: Mapping[str, SamlAttribute]) -> list[saml.Attribute]:
        return [_attribute(attribute) for attribute in attributes.values()]


def _attribute(attribute: SamlAttribute) -> saml.Attribute:
    return saml.Attribute(
        name=attribute.name,
        name_format=URI_NAMES,
        friendly_name=attribute.friendly_name,
        attribute_value=[_value(text) for text in attribute.values],
    )


def _value(text: str) -> saml.AttributeValue:
    """An AttributeValue without pysaml2's `xsi:type`, whose prefix would have to be declared in each context."""
    value = object.__new__(saml.AttributeValue)
    value.__dict__["text"] = text
    return value


class Conditions(Policy):  # type: ignore[misc]
    """The Conditions of one assertion: when it is valid, and for which audience."""

    def __init__(self, *, not_before: str, not_on_or_after: str) -> None:
        self._not_before = not_before
        self._until = not_on_or_after

    def get_name_form(self, _sp_entity_id: str) -> str:
        return URI_NAMES

    def restrict(self, ava: Mapping[str, Any], _sp_entity_id: str, _metadata: object = None) -> Mapping[str, Any]:
        """Return all attributes: idp/attribute_release.py has decided what is released."""
        return ava

    def not_on_or_after(self, _sp_entity_id: str) -> str:
        return self._until

    def conditions(self, sp_entity_id: str) -> saml.Conditions:
        """The Conditions element: Core, section 2.5.1. pysaml2's begins now, which a clock that is behind refuses."""
        return saml.Conditions(
            not_before=self._not_before,
            not_on_or_after=self._until,
            audience_restriction=[saml.AudienceRestriction(audience=[saml.Audience(text=sp_entity_id)])],
        )


def _object_reader(kind: type[SamlBase]) -> Callable[..., SamlBase | None]:
    """A function that returns pysaml2's object for a document whose signature we have verified."""

    def read(document: etree._Element, **_: object) -> SamlBase | None:
        return create_class_from_element_tree(kind, document)

    return read


def tree_of(message: SamlBase) -> etree._Element:
    """The element tree of pysaml2's object."""
    root = etree.Element(_shape_of(message.__class__).tag, nsmap=PREFIXES)
    _fill(root, message)
    return root


@dataclass(frozen=True, slots=True)
class _Shape:
    """The tag, attributes and children of a pysaml2 class, with children in the order of the schema."""

    tag: str
    attributes: tuple[tuple[str, str], ...]
    children: tuple[str, ...]


@cache
def _shape_of(kind: Any) -> _Shape:
    namespace = {ASSERTION_NAMESPACE: SAML, PROTOCOL_NAMESPACE: SAMLP}[kind.c_namespace]  # we write no other
    return _Shape(
        tag=f"{namespace}{kind.c_tag}",
        attributes=tuple((attribute, member) for attribute, (member, _, _) in kind.c_attributes.items()),
        children=tuple(kind.c_child_order) or tuple(member for member, _ in kind.c_children.values()),
    )


def _fill(element: etree._Element, message: SamlBase) -> None:
    shape, values = _shape_of(message.__class__), message.__dict__
    for attribute, member in shape.attributes:
        if (value := values.get(member)) is not None:
            element.set(attribute, value)
    if values.get("text"):
        element.text = values["text"]
    for member in shape.children:
        children = values.get(member)
        if not children:
            continue
        for child in children if isinstance(children, list) else (children,):
            _fill(etree.SubElement(element, _shape_of(child.__class__).tag), child)
