"""A service provider that takes part in single logout: its messages are its own, and it believes ours once
python3-saml has verified them.
"""

import secrets
from base64 import b64decode, b64encode
from dataclasses import dataclass
from urllib.parse import parse_qs, urlencode, urlsplit
from xml.sax.saxutils import escape, quoteattr

import xmlsec
from lxml import etree
from onelogin.saml2.logout_request import OneLogin_Saml2_Logout_Request
from onelogin.saml2.logout_response import OneLogin_Saml2_Logout_Response
from onelogin.saml2.settings import OneLogin_Saml2_Settings
from onelogin.saml2.utils import OneLogin_Saml2_Utils

from tests.actors.server import Received, Said
from tests.actors.service_provider import NAMESPACES, STATUS, ServiceProvider, SignedOn, deflated, instant

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
BINDINGS = "urn:oasis:names:tc:SAML:2.0:bindings:"
_DECLARED = "".join(f' xmlns:{prefix}="{uri}"' for prefix, uri in NAMESPACES.items() if prefix != "ds")


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A LogoutRequest of ours, as the service provider understood it."""

    identifier: str
    name_id: str
    session_indexes: list[str]
    relay_state: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """A LogoutResponse of ours: the status codes, less the start of each URI."""

    top: str
    second: str | None
    in_response_to: str
    relay_state: str | None


@dataclass(slots=True, kw_only=True)
class LeavingProvider:
    """How `sp` logs out. `at` is its single logout service."""

    sp: ServiceProvider
    at: str

    @property
    def address(self) -> str:
        return f"{self.sp.issuer}/saml/logout"

    # --- asking --------------------------------------------------------------------

    def request(self, signed_on: SignedOn | None, *, inside: str | None = None, **changed: str | None) -> bytes:
        """A LogoutRequest for what it was given; `inside` is XML in place of NameID and SessionIndex."""
        attributes: dict[str, str | None] = {
            "ID": f"_{secrets.token_hex(20)}",
            "Version": "2.0",
            "IssueInstant": instant(),
            "Destination": self.address,
            "NotOnOrAfter": instant(minutes=-5),
        } | {name: value for name, value in changed.items() if name != "issuer"}
        written = "".join(f" {name}={quoteattr(value)}" for name, value in attributes.items() if value is not None)
        issuer = changed.get("issuer") or self.sp.entity_id
        named = inside if inside is not None else names(signed_on)
        return (
            f"<samlp:LogoutRequest{_DECLARED}{written}><saml:Issuer>{escape(issuer)}</saml:Issuer>{named}"
            f"</samlp:LogoutRequest>"
        ).encode()

    def asks(self, signed_on: SignedOn | None, *, relay_state: str | None = None, **changed: str | None) -> str:
        """The address of a signed request by HTTP-Redirect."""
        return self.sends(self.request(signed_on, **changed), relay_state=relay_state)

    def sends(self, xml: bytes, *, parameter: str = "SAMLRequest", relay_state: str | None = None) -> str:
        given = {parameter: b64encode(deflated(xml)).decode()}
        if relay_state is not None:
            given["RelayState"] = relay_state
        return f"{self.address}?{self.sp.signed_query(urlencode(given))}"

    def posts(self, signed_on: SignedOn, *, relay_state: str | None = None, **changed: str | None) -> dict[str, str]:
        """The fields of a signed request by HTTP-POST."""
        return self.sp.fields(self.sp.signs(self.request(signed_on, **changed)), relay_state=relay_state)

    def calls(self, xml: bytes) -> bytes:
        """A request in its SOAP envelope."""
        return b'<soap:Envelope xmlns:soap="%s"><soap:Body>%s</soap:Body></soap:Envelope>' % (SOAP.encode(), xml)

    # --- being answered --------------------------------------------------------------

    def is_answered(self, address: str) -> Answered:
        """By HTTP-Redirect: what the query at our own address says, once python3-saml has verified it."""
        parts = urlsplit(address)
        assert address.startswith(self.at), address
        given = {name: values[0] for name, values in parse_qs(parts.query).items()}
        response = OneLogin_Saml2_Logout_Response(self._settings(), given["SAMLResponse"])
        assert response.is_valid(self._came(given, parts.query)), response.get_error()
        xml = OneLogin_Saml2_Utils.decode_base64_and_inflate(given["SAMLResponse"])
        return answer_in(etree.fromstring(xml), given.get("RelayState"))

    # --- being told --------------------------------------------------------------------

    def is_told(self, address: str) -> Told:
        """By HTTP-Redirect, likewise."""
        parts = urlsplit(address)
        assert address.startswith(self.at), address
        given = {name: values[0] for name, values in parse_qs(parts.query).items()}
        request = OneLogin_Saml2_Logout_Request(self._settings(), given["SAMLRequest"])
        assert request.is_valid(self._came(given, parts.query), raise_exceptions=True)
        return self._told(request.get_xml(), given.get("RelayState"))

    def is_told_by_form(self, fields: dict[str, str]) -> Told:
        """By HTTP-POST, which python3-saml does not speak for logout."""
        return self._told(self.verified(b64decode(fields["SAMLRequest"])), fields.get("RelayState"))

    def verified(self, xml: bytes) -> bytes:
        """A message whose own signature is good: by python-xmlsec, as its documentation shows."""
        root = etree.fromstring(xml)
        signature = root.find("ds:Signature", NAMESPACES)
        assert signature is not None
        context = xmlsec.SignatureContext()
        context.register_id(root, "ID")
        context.key = xmlsec.Key.from_memory(b64decode(self.sp.idp_certificate), xmlsec.constants.KeyDataFormatCertDer)
        context.verify(signature)
        return xml

    def confirms(self, told: Told, status: str = "Success", second: str | None = None, **changed: str) -> bytes:
        """A LogoutResponse."""
        attributes = {
            "ID": f"_{secrets.token_hex(20)}",
            "Version": "2.0",
            "IssueInstant": instant(),
            "Destination": self.address,
            "InResponseTo": told.identifier,
        } | {name: value for name, value in changed.items() if name != "issuer"}
        written = "".join(f" {name}={quoteattr(value)}" for name, value in attributes.items() if value)
        within = f'<samlp:StatusCode Value="{STATUS}{second}"/>' if second else ""
        return (
            f"<samlp:LogoutResponse{_DECLARED}{written}>"
            f"<saml:Issuer>{escape(changed.get('issuer', self.sp.entity_id))}</saml:Issuer><samlp:Status>"
            f'<samlp:StatusCode Value="{STATUS}{status}">{within}</samlp:StatusCode></samlp:Status>'
            f"</samlp:LogoutResponse>"
        ).encode()

    def comes_back(self, told: Told, *, status: str = "Success") -> str:
        """The address that brings its answer by HTTP-Redirect."""
        return self.sends(self.confirms(told, status), parameter="SAMLResponse", relay_state=told.relay_state)

    def serves_soap(self, received: Received) -> Said:
        """Its SOAP endpoint: it believes a signed request, and confirms it."""
        envelope = etree.fromstring(received.body)
        [message] = envelope.find(f"{{{SOAP}}}Body")
        told = self._told(self.verified(etree.tostring(message)), None)
        return Said(content_type="text/xml", body=self.calls(self.sp.signs(self.confirms(told))))

    def _told(self, xml: bytes | str, relay_state: str | None) -> Told:
        root = etree.fromstring(xml)
        settings = self._settings()
        return Told(
            identifier=root.get("ID") or "",
            name_id=OneLogin_Saml2_Logout_Request.get_nameid(etree.tostring(root).decode(), settings.get_sp_key()),
            session_indexes=OneLogin_Saml2_Logout_Request.get_session_indexes(etree.tostring(root).decode()),
            relay_state=relay_state,
        )

    def _came(self, given: dict[str, str], query: str) -> dict[str, object]:
        parts = urlsplit(self.at)
        return {
            "https": "on" if parts.scheme == "https" else "off",
            "http_host": parts.netloc,
            "script_name": parts.path,
            "get_data": given,
            "post_data": {},
            "query_string": query,
            "validate_signature_from_qs": True,
        }

    def _settings(self) -> OneLogin_Saml2_Settings:
        sp, redirect = self.sp, f"{BINDINGS}HTTP-Redirect"
        return OneLogin_Saml2_Settings(
            {
                "strict": True,
                "sp": {
                    "entityId": sp.entity_id,
                    "assertionConsumerService": {"url": sp.consumer},
                    "singleLogoutService": {"url": self.at, "binding": redirect},
                    "x509cert": sp.keys.certificate,
                    "privateKey": sp.keys.private_key.decode(),
                },
                "idp": {
                    "entityId": f"{sp.issuer}/saml/metadata",
                    "singleSignOnService": {"url": sp.address},
                    "singleLogoutService": {"url": self.address, "binding": redirect},
                    "x509cert": sp.idp_certificate,
                },
                "security": {"wantMessagesSigned": True, "rejectDeprecatedAlgorithm": True},
            }
        )


def names(signed_on: SignedOn | None) -> str:
    """What a service provider writes back of what it was given."""
    if signed_on is None:
        return ""
    given = {
        "Format": signed_on.name_id_format,
        "NameQualifier": signed_on.name_qualifier,
        "SPNameQualifier": signed_on.sp_name_qualifier,
    }
    written = "".join(f" {name}={quoteattr(value)}" for name, value in given.items() if value)
    return (
        f"<saml:NameID{written}>{escape(signed_on.name_id)}</saml:NameID>"
        f"<samlp:SessionIndex>{escape(signed_on.session_index)}</samlp:SessionIndex>"
    )


def answer_in(root: etree._Element, relay_state: str | None = None) -> Answered:
    codes = [code.get("Value", "").removeprefix(STATUS) for code in root.iter(f"{{{NAMESPACES['samlp']}}}StatusCode")]
    return Answered(
        top=codes[0],
        second=codes[1] if len(codes) > 1 else None,
        in_response_to=root.get("InResponseTo") or "",
        relay_state=relay_state,
    )
