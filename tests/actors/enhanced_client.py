"""An enhanced client: a program that takes a request from its service provider to us, and our answer back.

SAML V2.0 Profiles, section 4.2. It compares where the answer is to go with what its service provider has told it.
"""

from base64 import b64encode
from dataclasses import dataclass

from lxml import etree
from werkzeug.test import Client, TestResponse

from tests.actors.artifacts import SOAP, in_soap
from tests.actors.browser import Professional
from tests.actors.service_provider import NAMESPACES, RefusedAnswer, ServiceProvider, SignedOn

ECP = "urn:oasis:names:tc:SAML:2.0:profiles:SSO:ecp"
PAOS = "urn:oasis:names:tc:SAML:2.0:bindings:PAOS"
NEXT = "http://schemas.xmlsoap.org/soap/actor/next"


@dataclass(slots=True, kw_only=True)
class EnhancedClient:
    """The client of `sp`, whose consumer by PAOS is `consumer`."""

    sp: ServiceProvider
    consumer: str
    idp: Client
    address: str = "192.0.2.7"

    def request(self, **changed: str | None) -> bytes:
        """What the service provider asks: it does not know which identity provider the client has."""
        return self.sp.request(
            **({"Destination": None, "ProtocolBinding": PAOS, "AssertionConsumerServiceURL": self.consumer} | changed)
        )

    def posts(self, xml: bytes, person: Professional | None = None, password: str | None = None) -> TestResponse:
        headers = {}
        if person is not None:
            given = f"{person.login}:{person.password if password is None else password}"
            headers["Authorization"] = f"Basic {b64encode(given.encode()).decode()}"
        return self.sends(in_soap(xml), headers)

    def sends(self, body: bytes, headers: dict[str, str], *, content_type: str = "text/xml") -> TestResponse:
        return self.idp.post(
            "/saml/ecp",
            base_url=self.sp.issuer,
            data=body,
            content_type=content_type,
            headers={"User-Agent": "an enhanced client"} | headers,
            environ_base={"REMOTE_ADDR": self.address},
        )

    def takes_back(self, response: TestResponse) -> tuple[str, etree._Element]:
        """The Response, in base64, from an envelope that says where it goes; and the header of the envelope."""
        assert (response.status_code, response.mimetype) == (200, "text/xml"), response.text
        assert "Set-Cookie" not in response.headers
        assert response.headers["Cache-Control"] == "no-store"
        envelope = etree.fromstring(response.data)
        header, body = envelope
        assert (header.tag, body.tag) == (f"{{{SOAP}}}Header", f"{{{SOAP}}}Body")
        block = header.find(f"{{{ECP}}}Response")
        assert block.get(f"{{{SOAP}}}mustUnderstand") == "1"
        assert block.get(f"{{{SOAP}}}actor") == NEXT
        assert block.get("AssertionConsumerServiceURL") == self.consumer
        [message] = body
        assert message.tag == f"{{{NAMESPACES['samlp']}}}Response"
        return b64encode(etree.tostring(message, with_tail=False)).decode(), header

    def signs_on(self, person: Professional, **changed: str | None) -> SignedOn:
        """From a request to the service provider's belief in the answer."""
        return self.brings(self.posts(self.request(**changed), person))

    def brings(self, response: TestResponse) -> SignedOn:
        return self.sp.believes(self.takes_back(response)[0], None, to=self.consumer)

    def is_refused(self, response: TestResponse) -> RefusedAnswer:
        return self.sp.is_refused_by(self.takes_back(response)[0], None, to=self.consumer)
