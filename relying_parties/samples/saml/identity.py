"""The person who logged in, as the assertion describes them."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from lxml import etree
from onelogin.saml2.response import OneLogin_Saml2_Response
from onelogin.saml2.utils import OneLogin_Saml2_Utils
from onelogin.saml2.xml_utils import OneLogin_Saml2_XML

ASSERTION = "/samlp:Response/saml:Assertion"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribute:
    """An attribute with its two names and its values."""

    name: str
    friendly_name: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NameId:
    """The identifier of the person for this application."""

    value: str
    format: str | None
    name_qualifier: str | None
    sp_name_qualifier: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AssertedIdentity:
    """The content of an assertion."""

    issuer: str
    name_id: NameId
    session_index: str | None
    contexts: tuple[str, ...]
    authenticated_at: datetime | None
    ends_at: datetime | None  # SessionNotOnOrAfter: the latest end of our session
    attributes: tuple[Attribute, ...]
    assertion: str  # XML, for the page

    page = "person_saml.html"

    @property
    def name(self) -> str:
        known = {attribute.friendly_name: " ".join(attribute.values) for attribute in self.attributes}
        parts = [known[part] for part in ("givenName", "sn") if part in known]
        return known.get("displayName") or " ".join(parts) or self.name_id.value

    def is_over(self, now: datetime) -> bool:
        return self.ends_at is not None and now >= self.ends_at


def identity_in(response: OneLogin_Saml2_Response) -> AssertedIdentity:
    """The person in a verified response."""
    document = response.get_xml_document()
    assertion = query(document, ASSERTION)[0]
    statement = query(document, f"{ASSERTION}/saml:AuthnStatement")[0]
    name_id = response.get_nameid_data()
    attributes = query(document, f"{ASSERTION}/saml:AttributeStatement/saml:Attribute")
    return AssertedIdentity(
        issuer=query(document, f"{ASSERTION}/saml:Issuer")[0].text,
        name_id=NameId(
            value=name_id["Value"],
            format=name_id.get("Format"),
            name_qualifier=name_id.get("NameQualifier"),
            sp_name_qualifier=name_id.get("SPNameQualifier"),
        ),
        session_index=statement.get("SessionIndex"),
        contexts=tuple(response.get_authn_contexts()),
        authenticated_at=moment(statement.get("AuthnInstant")),
        ends_at=moment(statement.get("SessionNotOnOrAfter")),
        attributes=tuple(_attribute(one) for one in attributes),
        assertion=_shown(assertion),
    )


def _attribute(node: Any) -> Attribute:
    values = [" ".join("".join(value.itertext()).split()) for value in query(node, "./saml:AttributeValue")]
    return Attribute(
        name=node.get("Name", ""), friendly_name=node.get("FriendlyName", ""), values=tuple(filter(None, values))
    )


def _shown(assertion: Any) -> str:
    """The assertion as indented XML, without its signature, which has been verified already."""
    copy = etree.fromstring(etree.tostring(assertion))
    for signature in copy.findall("{http://www.w3.org/2000/09/xmldsig#}Signature"):
        copy.remove(signature)
    etree.indent(copy)
    return etree.tostring(copy, encoding="unicode").strip()


def query(node: Any, path: str) -> list[Any]:
    found: list[Any] = OneLogin_Saml2_XML.query(node, path)
    return found


def moment(written: str | None) -> datetime | None:
    return datetime.fromtimestamp(OneLogin_Saml2_Utils.parse_SAML_to_time(written), UTC) if written else None
