"""A SAML service provider: it asks for logins, and believes an answer once python3-saml has verified it.

It knows the identity provider by its addresses and its certificate alone, and is
as strict as python3-saml can be: signatures of what it was told would be signed,
destination, recipient, audience, instants, InResponseTo, and the schemas.
"""

import secrets
import zlib
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote_plus, urlencode, urlsplit
from xml.sax.saxutils import escape, quoteattr

import xmlsec
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from lxml import etree
from onelogin.saml2.response import OneLogin_Saml2_Response
from onelogin.saml2.settings import OneLogin_Saml2_Settings

from tests.actors.page import Page
from tests.builders.saml import KeyPair

RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
SHA_256 = "http://www.w3.org/2001/04/xmlenc#sha256"
EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
NAMESPACES = {
    "samlp": "urn:oasis:names:tc:SAML:2.0:protocol",
    "saml": "urn:oasis:names:tc:SAML:2.0:assertion",
    "ds": "http://www.w3.org/2000/09/xmldsig#",
}
STATUS = "urn:oasis:names:tc:SAML:2.0:status:"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedOn:
    """A person is signed on to the service provider."""

    name_id: str
    name_id_format: str
    name_qualifier: str | None
    sp_name_qualifier: str | None
    session_index: str
    attributes: Mapping[str, Sequence[str]]
    context: str
    relay_state: str | None
    xml: bytes

    def find(self, path: str) -> etree._Element:
        """An element of the answer as it came: `saml:` and `samlp:` are known."""
        found = etree.fromstring(self.xml).find(path, NAMESPACES)
        assert found is not None, path
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedAnswer:
    """A Response that says no: Core section 3.2.2, less the start of each URI."""

    top: str
    second: str | None
    message: str
    relay_state: str | None


@dataclass(slots=True, kw_only=True)
class ServiceProvider:
    """One service provider. `asked` are the requests it waits for an answer to; `also_trusts`, other certificates."""

    issuer: str
    idp_certificate: str
    entity_id: str
    consumer: str
    keys: KeyPair
    idp_entity_id: str = ""
    also_trusts: tuple[str, ...] = ()
    wants_assertions_signed: bool = True
    wants_messages_signed: bool = True
    wants_assertions_encrypted: bool = False
    wants_name_id_encrypted: bool = False
    asked: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.idp_entity_id = self.idp_entity_id or f"{self.issuer}/saml/metadata"

    @property
    def address(self) -> str:
        return f"{self.issuer}/saml/sso"

    # --- asking --------------------------------------------------------------------

    def request(self, *, inside: str = "", issuer: str | None = None, **changed: str | None) -> bytes:
        """An AuthnRequest; `inside` is XML after the Issuer, an attribute changed to None is left out."""
        attributes: dict[str, str | None] = {
            "ID": f"_{secrets.token_hex(20)}",
            "Version": "2.0",
            "IssueInstant": instant(),
            "Destination": self.address,
            "AssertionConsumerServiceURL": self.consumer,
            "ProtocolBinding": "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST",
        } | changed
        self.asked.add(attributes["ID"] or "")
        written = "".join(f" {name}={quoteattr(value)}" for name, value in attributes.items() if value is not None)
        declared = "".join(f' xmlns:{prefix}="{uri}"' for prefix, uri in NAMESPACES.items())
        named = self.entity_id if issuer is None else issuer
        return (
            f"<samlp:AuthnRequest{declared}{written}><saml:Issuer>{escape(named)}</saml:Issuer>{inside}"
            f"</samlp:AuthnRequest>"
        ).encode()

    def asks(self, *, relay_state: str | None = None, signed: bool = False, **changed: str | None) -> str:
        """The address of a request by HTTP-Redirect: Bindings section 3.4.4."""
        return self.sends(self.request(**changed), relay_state=relay_state, signed=signed)

    def sends(self, xml: bytes, *, relay_state: str | None = None, signed: bool = False) -> str:
        """The same for a request written already."""
        given = {"SAMLRequest": b64encode(deflated(xml)).decode()}
        if relay_state is not None:
            given["RelayState"] = relay_state
        query = urlencode(given)
        return f"{self.address}?{self.signed_query(query) if signed else query}"

    def signed_query(self, query: str, *, algorithm: str = RSA_SHA256) -> str:
        """Bindings section 3.4.4.1."""
        query = f"{query}&SigAlg={quote_plus(algorithm)}"
        key = load_pem_private_key(self.keys.private_key, None)
        assert isinstance(key, RSAPrivateKey)
        signature = key.sign(query.encode(), PKCS1v15(), SHA256())
        return f"{query}&Signature={quote_plus(b64encode(signature).decode())}"

    def posts(self, *, relay_state: str | None = None, signed: bool = False, **changed: str | None) -> dict[str, str]:
        """The fields of a request by HTTP-POST: Bindings section 3.5.4."""
        xml = self.request(**changed)
        return self.fields(self.signs(xml) if signed else xml, relay_state=relay_state)

    def fields(self, xml: bytes, *, relay_state: str | None = None) -> dict[str, str]:
        given = {"SAMLRequest": b64encode(xml).decode()}
        return given if relay_state is None else given | {"RelayState": relay_state}

    def signs(self, xml: bytes) -> bytes:
        """Core section 5: the whole message, by python-xmlsec as its own documentation shows."""
        root = etree.fromstring(xml)
        signature = xmlsec.template.create(
            root, xmlsec.constants.TransformExclC14N, xmlsec.constants.TransformRsaSha256, ns="ds"
        )
        root.insert(1, signature)
        reference = xmlsec.template.add_reference(signature, xmlsec.constants.TransformSha256, uri=f"#{root.get('ID')}")
        xmlsec.template.add_transform(reference, xmlsec.constants.TransformEnveloped)
        xmlsec.template.add_transform(reference, xmlsec.constants.TransformExclC14N)
        context = xmlsec.SignatureContext()
        context.register_id(root, "ID")
        context.key = xmlsec.Key.from_memory(self.keys.private_key, xmlsec.constants.KeyDataFormatPem)
        context.sign(signature)
        return etree.tostring(root)

    # --- being answered --------------------------------------------------------------

    def brought(self, page: Page, *, to: str | None = None) -> tuple[str, str | None]:
        """What the form on the page brings us, and RelayState; it must be for our own address."""
        form = page.form_with("SAMLResponse")
        assert (form.method, form.action) == ("POST", to or self.consumer), page
        return form.fields["SAMLResponse"], form.fields.get("RelayState")

    def signs_on(self, page: Page, *, to: str | None = None, unsolicited: bool = False) -> SignedOn:
        """Believe an answer, once python3-saml has verified it and that we asked for it."""
        return self.believes(*self.brought(page, to=to), to=to, unsolicited=unsolicited)

    def believes(
        self, encoded: str, relay_state: str | None, *, to: str | None = None, unsolicited: bool = False
    ) -> SignedOn:
        """The same of a Response in base64, however it came."""
        response = OneLogin_Saml2_Response(self._settings(to), encoded)
        in_response_to = response.get_in_response_to()
        if unsolicited:
            assert in_response_to is None
        else:
            assert in_response_to in self.asked, "nobody asked"
            self.asked.remove(in_response_to)
        assert response.is_valid(_came_to(to or self.consumer), in_response_to), response.get_error()
        named = response.get_nameid_data()
        index = response.get_session_index()
        assert index is not None
        return SignedOn(
            name_id=named["Value"],
            name_id_format=named.get("Format", ""),
            name_qualifier=named.get("NameQualifier"),
            sp_name_qualifier=named.get("SPNameQualifier"),
            session_index=index,
            attributes=response.get_attributes(),
            context=response.get_authn_contexts()[0],
            relay_state=relay_state,
            xml=etree.tostring(
                response.decrypted_document if response.encrypted else response.document  # as it was read
            ),
        )

    def is_refused(self, page: Page, *, to: str | None = None) -> RefusedAnswer:
        """The status of an answer without identity, whose signature is good and which is for us."""
        return self.is_refused_by(*self.brought(page, to=to), to=to)

    def is_refused_by(self, encoded: str, relay_state: str | None, *, to: str | None = None) -> RefusedAnswer:
        """The same of a Response in base64, however it came."""
        root = etree.fromstring(b64decode(encoded))
        signature = root.find("ds:Signature", NAMESPACES)
        assert signature is not None, "a refusal is signed too"
        context = xmlsec.SignatureContext()
        context.register_id(root, "ID")
        context.key = xmlsec.Key.from_memory(b64decode(self.idp_certificate), xmlsec.constants.KeyDataFormatCertDer)
        context.verify(signature)
        assert root.get("Destination") == (to or self.consumer)
        assert root.get("InResponseTo") in self.asked
        assert root.find("saml:Assertion", NAMESPACES) is None
        codes = [
            code.get("Value", "").removeprefix(STATUS) for code in root.iter(f"{{{NAMESPACES['samlp']}}}StatusCode")
        ]
        return RefusedAnswer(
            top=codes[0],
            second=codes[1] if len(codes) > 1 else None,
            message=root.findtext("samlp:Status/samlp:StatusMessage", "", NAMESPACES),
            relay_state=relay_state,
        )

    def _settings(self, to: str | None) -> OneLogin_Saml2_Settings:
        certificate, key = self.keys.certificate, self.keys.private_key.decode()
        return OneLogin_Saml2_Settings(
            {
                "strict": True,
                "sp": {
                    "entityId": self.entity_id,
                    "assertionConsumerService": {"url": to or self.consumer},
                    "x509cert": certificate,
                    "privateKey": key,
                },
                "idp": {
                    "entityId": self.idp_entity_id,
                    "singleSignOnService": {"url": self.address},
                    "x509certMulti": {"signing": [self.idp_certificate, *self.also_trusts]},
                },
                "security": {
                    "wantAssertionsSigned": self.wants_assertions_signed,
                    "wantMessagesSigned": self.wants_messages_signed,
                    "wantAssertionsEncrypted": self.wants_assertions_encrypted,
                    "wantNameIdEncrypted": self.wants_name_id_encrypted,
                    "rejectDeprecatedAlgorithm": True,
                    "rejectUnsolicitedResponsesWithInResponseTo": True,
                    "wantAttributeStatement": False,
                },
            },
            sp_validation_only=True,
        )


def instant(**ago: float) -> str:
    """The present as SAML writes an xs:dateTime; or the instant so long ago (`hours=1`), or to come (`hours=-1`)."""
    return (datetime.now(UTC) - timedelta(**ago)).strftime("%Y-%m-%dT%H:%M:%SZ")


def deflated(octets: bytes) -> bytes:
    """RFC 1951, without a header."""
    deflater = zlib.compressobj(wbits=-15)
    return deflater.compress(octets) + deflater.flush()


def _came_to(address: str) -> dict[str, Any]:
    parts = urlsplit(address)
    return {
        "https": "on" if parts.scheme == "https" else "off",
        "http_host": parts.netloc,
        "script_name": parts.path,
        "get_data": {},
        "post_data": {},
    }
