"""A service provider that is answered by artifact: it fetches the Response itself, and believes it as any other.

SAML V2.0 Bindings, section 3.6. Its messages are its own; it verifies ours by python-xmlsec.
"""

import secrets
from base64 import b64decode, b64encode
from dataclasses import dataclass, field
from hashlib import sha1
from urllib.parse import parse_qs, urlencode, urlsplit
from xml.sax.saxutils import escape, quoteattr

import xmlsec
from lxml import etree
from werkzeug.test import Client, TestResponse

from tests.actors.page import Page
from tests.actors.server import Received, Said
from tests.actors.service_provider import NAMESPACES, STATUS, RefusedAnswer, ServiceProvider, SignedOn, instant

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
_DECLARED = "".join(f' xmlns:{prefix}="{uri}"' for prefix, uri in NAMESPACES.items() if prefix != "ds")


def in_soap(xml: bytes) -> bytes:
    return b'<soap:Envelope xmlns:soap="%s"><soap:Body>%s</soap:Body></soap:Envelope>' % (SOAP.encode(), xml)


@dataclass(frozen=True, slots=True)
class Brought:
    """What the browser brings to the assertion consumer service."""

    artifact: str
    relay_state: str | None

    @property
    def octets(self) -> bytes:
        return b64decode(self.artifact, validate=True)


@dataclass(slots=True, kw_only=True)
class ArtifactProvider:
    """`sp` at `consumer`, which it has by artifact; `idp` is the identity provider's application."""

    sp: ServiceProvider
    consumer: str
    idp: Client

    @property
    def address(self) -> str:
        return f"{self.sp.issuer}/saml/artifact"

    def asks(self, **changed: str | None) -> str:
        """The address of a request to be answered by artifact."""
        by_artifact = {
            "AssertionConsumerServiceURL": self.consumer,
            "ProtocolBinding": "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Artifact",
        }
        return self.sp.asks(**(by_artifact | changed))

    def is_brought(self, page: Page) -> Brought:
        """What the redirection to its own address carries: never a Response."""
        return self.is_brought_at(page.url)

    def is_brought_at(self, address: str) -> Brought:
        parts = urlsplit(address)
        assert address.startswith(f"{self.consumer}?"), address
        given = parse_qs(parts.query, strict_parsing=True)
        assert set(given) <= {"SAMLart", "RelayState"}
        [artifact] = given["SAMLart"]
        octets = b64decode(artifact)
        assert octets[:4] == b"\x00\x04\x00\x00"
        assert octets[4:24] == sha1(self.sp.idp_entity_id.encode()).digest()  # noqa: S324
        assert len(octets) == 44
        return Brought(artifact, given.get("RelayState", [None])[0])

    def resolve(self, artifact: str, *, issuer: str | None = None, inside: str = "", **changed: str | None) -> bytes:
        """An ArtifactResolve, not signed; an attribute changed to None is left out."""
        attributes: dict[str, str | None] = {
            "ID": f"_{secrets.token_hex(20)}",
            "Version": "2.0",
            "IssueInstant": instant(),
            "Destination": self.address,
        } | changed
        written = "".join(f" {name}={quoteattr(value)}" for name, value in attributes.items() if value is not None)
        return (
            f"<samlp:ArtifactResolve{_DECLARED}{written}>"
            f"<saml:Issuer>{escape(self.sp.entity_id if issuer is None else issuer)}</saml:Issuer>{inside}"
            f"<samlp:Artifact>{escape(artifact)}</samlp:Artifact></samlp:ArtifactResolve>"
        ).encode()

    def posts(self, xml: bytes, *, content_type: str = "text/xml; charset=utf-8") -> TestResponse:
        """A message in its envelope."""
        return self.sends(in_soap(xml), content_type=content_type)

    def sends(self, body: bytes, *, content_type: str = "text/xml; charset=utf-8") -> TestResponse:
        headers = {"SOAPAction": '"http://www.oasis-open.org/committees/security"'}
        return self.idp.post(
            "/saml/artifact", base_url=self.sp.issuer, data=body, content_type=content_type, headers=headers
        )

    def fetches(self, artifact: str, **changed: str | None) -> bytes | None:
        """The message that an artifact stands for, out of an answer that is signed and a success; None for none."""
        request = self.resolve(artifact, **changed)
        return self.reads(self.posts(self.sp.signs(request)), to=etree.fromstring(request).get("ID") or "")

    def reads(self, response: TestResponse, *, to: str) -> bytes | None:
        assert (response.status_code, response.mimetype) == (200, "text/xml"), response.text
        assert response.headers["Cache-Control"] == "no-store"
        [answer] = etree.fromstring(response.data).find(f"{{{SOAP}}}Body")
        assert answer.tag == f"{{{NAMESPACES['samlp']}}}ArtifactResponse"
        verifies(answer, self.sp.idp_certificate)
        assert answer.get("InResponseTo") == to
        assert answer.findtext("saml:Issuer", "", NAMESPACES) == self.sp.idp_entity_id
        code = answer.find("samlp:Status/samlp:StatusCode", NAMESPACES)
        assert code.get("Value") == f"{STATUS}Success"
        assert [child.tag.rpartition("}")[2] for child in answer][:3] == ["Issuer", "Signature", "Status"]
        messages = list(answer)[3:]
        assert len(messages) <= 1
        return etree.tostring(messages[0], with_tail=False) if messages else None

    def signs_on(self, page: Page, *, unsolicited: bool = False) -> SignedOn:
        """Fetch what the browser brings, and believe it."""
        brought = self.is_brought(page)
        response = self.fetches(brought.artifact)
        assert response is not None
        return self.sp.believes(
            b64encode(response).decode(), brought.relay_state, to=self.consumer, unsolicited=unsolicited
        )

    def is_refused(self, page: Page) -> RefusedAnswer:
        """Fetch a refusal."""
        brought = self.is_brought(page)
        response = self.fetches(brought.artifact)
        assert response is not None
        return self.sp.is_refused_by(b64encode(response).decode(), brought.relay_state, to=self.consumer)


def verifies(element: etree._Element, certificate: str) -> None:
    """That the element's own signature is good, by python-xmlsec as its documentation shows."""
    root = etree.fromstring(etree.tostring(element, with_tail=False))
    signature = root.find("ds:Signature", NAMESPACES)
    assert signature is not None
    context = xmlsec.SignatureContext()
    context.register_id(root, "ID")
    context.key = xmlsec.Key.from_memory(b64decode(certificate), xmlsec.constants.KeyDataFormatCertDer)
    context.verify(signature)


@dataclass(slots=True, kw_only=True)
class RequestKeeper:
    """A service provider's ArtifactResolutionService: `kept` is what each of its artifacts stands for.

    It believes an ArtifactResolve that we have signed, and gives each message once.
    """

    sp: ServiceProvider
    index: int = 0
    kept: dict[str, bytes] = field(default_factory=dict)

    def keeps(self, xml: bytes) -> str:
        """An artifact for this message."""
        source = sha1(self.sp.entity_id.encode()).digest()  # noqa: S324
        octets = b"\x00\x04" + self.index.to_bytes(2) + source + secrets.token_bytes(20)
        artifact = b64encode(octets).decode()
        self.kept[artifact] = xml
        return artifact

    def sends(self, xml: bytes | None = None, *, relay_state: str | None = None, **changed: str | None) -> str:
        """The address of a request by artifact."""
        given = {"SAMLart": self.keeps(xml if xml is not None else self.sp.request(**changed))}
        if relay_state is not None:
            given["RelayState"] = relay_state
        return f"{self.sp.address}?{urlencode(given)}"

    def serves(self, received: Received) -> Said:
        [resolve] = etree.fromstring(received.body).find(f"{{{SOAP}}}Body")
        verifies(resolve, self.sp.idp_certificate)
        assert resolve.findtext("saml:Issuer", "", NAMESPACES) == self.sp.idp_entity_id
        message = self.kept.pop(resolve.findtext("samlp:Artifact", "", NAMESPACES), b"")
        return self.says(self.answers(message, to=resolve.get("ID") or ""))

    def says(self, xml: bytes) -> Said:
        return Said(content_type="text/xml", body=in_soap(self.sp.signs(xml)))

    def answers(self, message: bytes, *, to: str, status: str = "Success", **changed: str) -> bytes:
        """An ArtifactResponse, not signed."""
        attributes = {
            "ID": f"_{secrets.token_hex(20)}",
            "Version": "2.0",
            "IssueInstant": instant(),
            "InResponseTo": to,
        }
        issuer = changed.pop("issuer", self.sp.entity_id)
        written = "".join(f" {name}={quoteattr(value)}" for name, value in (attributes | changed).items())
        return (
            (
                f"<samlp:ArtifactResponse{_DECLARED}{written}><saml:Issuer>{escape(issuer)}</saml:Issuer>"
                f'<samlp:Status><samlp:StatusCode Value="{STATUS}{status}"/></samlp:Status>'
            ).encode()
            + message
            + b"</samlp:ArtifactResponse>"
        )
