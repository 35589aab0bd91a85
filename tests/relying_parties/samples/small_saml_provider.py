"""A SAML identity provider of a hundred lines, whose metadata is on a real socket, and which can be told to misbehave.

It is what the sample messaging service is tested against here; the real one meets it in tests/pages and tests/interop.
"""

import base64
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit
from uuid import uuid4

import xmlsec
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509 import load_pem_x509_certificate
from flask import Flask, Response
from lxml import etree
from onelogin.saml2.utils import OneLogin_Saml2_Utils
from werkzeug.serving import make_server

from relying_parties.samples.saml.keys import KeyPair, key_pair_in

PROTOCOL = "urn:oasis:names:tc:SAML:2.0:protocol"
ASSERTION = "urn:oasis:names:tc:SAML:2.0:assertion"
SUCCESS = "urn:oasis:names:tc:SAML:2.0:status:Success"
RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
RSA_SHA1 = "http://www.w3.org/2000/09/xmldsig#rsa-sha1"
SHA1 = "http://www.w3.org/2000/09/xmldsig#sha1"
SHA256_DIGEST = "http://www.w3.org/2001/04/xmlenc#sha256"


@dataclass(slots=True)
class Asked:
    """An AuthnRequest or a LogoutRequest, as it was received."""

    root: Any
    parameters: dict[str, str]

    @property
    def request_id(self) -> str:
        return str(self.root.get("ID"))


@dataclass(slots=True)
class Telling:
    """What the next answer says; a test changes what matters to it."""

    status: tuple[str, ...] = (SUCCESS,)
    message: str = ""
    key: str = "one"
    in_response_to: str | None = None
    confirmed_in_response_to: str | None = None
    destination: str | None = None
    recipient: str | None = None
    audience: str | None = None
    issuer: str | None = None
    age: timedelta = timedelta(0)
    session_ends: timedelta | None = None
    signs: tuple[str, ...] = ("Assertion", "Response")
    algorithm: str = RSA_SHA256
    encrypted: bool = True
    encrypted_for: str = ""
    encrypts: bytes = b""  # instead of the assertion
    assertion_id: str = ""
    name: str = "Jeanne"
    left_out: tuple[str, ...] = ()
    lower_case_escapes: bool = False


class SmallSamlProvider:
    """Jeanne is always logged in."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.address = ""
        self.publishes = ["one"]
        self.metadata_signed_by = "one"
        self.metadata: bytes | None = None  # instead of the right one
        self.served = 0
        self.telling = Telling()
        self.app = Flask(__name__)
        self.app.add_url_rule("/saml/metadata", view_func=self.serve_metadata)

    def keys(self, name: str) -> KeyPair:
        return key_pair_in(self.folder / name)

    def fingerprint(self, name: str) -> str:
        return load_pem_x509_certificate(self.keys(name).certificate.encode()).fingerprint(SHA256()).hex(":").upper()

    @property
    def entity_id(self) -> str:
        return f"{self.address}/saml/metadata"

    def serve_metadata(self) -> Response:
        self.served += 1
        return Response(
            self.right_metadata() if self.metadata is None else self.metadata, mimetype="application/samlmetadata+xml"
        )

    def right_metadata(self, more: str = 'cacheDuration="PT1H"') -> bytes:
        keys = "".join(
            '<md:KeyDescriptor use="signing"><ds:KeyInfo><ds:X509Data><ds:X509Certificate>'
            f"{OneLogin_Saml2_Utils.format_cert(self.keys(name).certificate, heads=False)}"
            "</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>"
            for name in self.publishes
        )
        redirect = 'Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"'
        xml = (
            f'<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" ID="_m{uuid4().hex}" {more} '
            f'xmlns:ds="http://www.w3.org/2000/09/xmldsig#" entityID="{self.entity_id}">'
            f'<md:IDPSSODescriptor protocolSupportEnumeration="{PROTOCOL}">{keys}'
            f'<md:SingleLogoutService {redirect} Location="{self.address}/saml/logout"/>'
            f'<md:SingleSignOnService {redirect} Location="{self.address}/saml/sso"/>'
            "</md:IDPSSODescriptor></md:EntityDescriptor>"
        )
        return self.signed(xml, self.metadata_signed_by)

    def signed(self, xml: str | bytes, key: str, algorithm: str = RSA_SHA256) -> bytes:
        digest = SHA1 if algorithm == RSA_SHA1 else SHA256_DIGEST
        pair = self.keys(key)
        made = OneLogin_Saml2_Utils.add_sign(
            xml, pair.private_key, pair.certificate, sign_algorithm=algorithm, digest_algorithm=digest
        )
        return made if isinstance(made, bytes) else made.encode()

    def receives(self, address: str) -> Asked:
        """The message that a browser was redirected here with; its signature is verified with the sender's key."""
        parameters = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        message = parameters.get("SAMLRequest") or parameters["SAMLResponse"]
        return Asked(etree.fromstring(zlib.decompress(base64.b64decode(message), -15)), parameters)

    def verifies(self, address: str, certificate: str) -> None:
        """Bindings 3.4.4.1, over the query as it was written."""
        written = dict(part.split("=", 1) for part in urlsplit(address).query.split("&"))
        signed = "&".join(
            f"{name}={written[name]}"
            for name in ("SAMLRequest", "SAMLResponse", "RelayState", "SigAlg")
            if name in written
        )
        signature = base64.b64decode(parse_qs(urlsplit(address).query)["Signature"][0])
        key: Any = load_pem_x509_certificate(certificate.encode()).public_key()
        key.verify(signature, signed.encode(), PKCS1v15(), SHA256())

    def answers(self, asked: Asked, certificate: str) -> dict[str, str]:
        """The form that its page posts."""
        told = self.telling
        root = asked.root
        issuer = told.issuer or self.entity_id
        request_id = told.in_response_to if told.in_response_to is not None else asked.request_id
        to = told.destination or root.get("AssertionConsumerServiceURL")
        assertion = self._assertion(asked, certificate) if told.status == (SUCCESS,) else ""
        codes = "".join(f'<samlp:StatusCode Value="{code}">' for code in told.status)
        message = f"<samlp:StatusMessage>{told.message}</samlp:StatusMessage>" if told.message else ""
        in_response_to = f'InResponseTo="{request_id}"' if request_id else ""
        xml = (
            f'<samlp:Response xmlns:samlp="{PROTOCOL}" xmlns:saml="{ASSERTION}" ID="_r{uuid4().hex}" Version="2.0" '
            f'IssueInstant="{self._time()}" Destination="{to}" {in_response_to}><saml:Issuer>{issuer}</saml:Issuer>'
            f"<samlp:Status>{codes}{'</samlp:StatusCode>' * len(told.status)}{message}</samlp:Status>"
            f"{assertion}</samlp:Response>"
        )
        made = self.signed(xml, told.key, told.algorithm) if "Response" in told.signs else xml.encode()
        relay_state = {"RelayState": asked.parameters["RelayState"]}
        return {"SAMLResponse": base64.b64encode(made).decode()} | relay_state

    def _assertion(self, asked: Asked, certificate: str) -> str:
        told, root = self.telling, asked.root
        entity_id = root.findtext(f"{{{ASSERTION}}}Issuer")
        confirmed = told.confirmed_in_response_to or asked.request_id
        ends = f'SessionNotOnOrAfter="{self._time(told.session_ends)}"' if told.session_ends else ""
        recipient = told.recipient or root.get("AssertionConsumerServiceURL")
        audience = (
            f"<saml:AudienceRestriction><saml:Audience>{told.audience or entity_id}</saml:Audience>"
            "</saml:AudienceRestriction>"
            if "audience" not in told.left_out
            else ""
        )
        data = "" if "recipient" in told.left_out else f'Recipient="{recipient}"'
        data += "" if "confirmed" in told.left_out else f' InResponseTo="{confirmed}"'
        xml = (
            f'<saml:Assertion xmlns:saml="{ASSERTION}" ID="{told.assertion_id or f"_a{uuid4().hex}"}" Version="2.0" '
            f'IssueInstant="{self._time()}"><saml:Issuer>{told.issuer or self.entity_id}</saml:Issuer>'
            f'<saml:Subject><saml:NameID Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent" '
            f'NameQualifier="{self.entity_id}" SPNameQualifier="{entity_id}">name-1</saml:NameID>'
            '<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml:SubjectConfirmationData '
            f'NotOnOrAfter="{self._time(timedelta(minutes=5))}" {data}/></saml:SubjectConfirmation></saml:Subject>'
            f'<saml:Conditions NotBefore="{self._time(timedelta(minutes=-2))}" '
            f'NotOnOrAfter="{self._time(timedelta(minutes=5))}">{audience}</saml:Conditions>'
            f'<saml:AuthnStatement AuthnInstant="{self._time()}" SessionIndex="session-1" {ends}><saml:AuthnContext>'
            "<saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport"
            "</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement><saml:AttributeStatement>"
            f"{_attribute('urn:oid:2.5.4.42', 'givenName', told.name)}{_attribute('urn:oid:2.5.4.4', 'sn', 'Dupont')}"
            f"{_attribute('urn:example:role', 'SubjectRole', 'médecin', 'cancérologue')}"
            "</saml:AttributeStatement></saml:Assertion>"
        )
        made = self.signed(xml, told.key, told.algorithm) if "Assertion" in told.signs else xml.encode()
        return encrypted(told.encrypts or made, told.encrypted_for or certificate) if told.encrypted else made.decode()

    def _time(self, ahead: timedelta = timedelta(0)) -> str:
        return (datetime.now(UTC) - self.telling.age + ahead).strftime("%Y-%m-%dT%H:%M:%SZ")

    def asks_to_leave(self, to: str, *, name_id: str = "name-1", session_index: str = "session-1", **other: str) -> str:
        """The address of a signed LogoutRequest."""
        xml = (
            f'<samlp:LogoutRequest xmlns:samlp="{PROTOCOL}" xmlns:saml="{ASSERTION}" Version="2.0" '
            f'ID="_l{uuid4().hex}" IssueInstant="{self._time()}" Destination="{other.get("destination", to)}">'
            f"<saml:Issuer>{other.get('issuer', self.entity_id)}</saml:Issuer><saml:NameID>{name_id}</saml:NameID>"
            f"{f'<samlp:SessionIndex>{session_index}</samlp:SessionIndex>' if session_index else ''}"
            "</samlp:LogoutRequest>"
        )
        return self.by_redirect(to, "SAMLRequest", xml, relay_state="to be returned")

    def says_they_left(self, asked: Asked, to: str, *codes: str) -> str:
        """The address of a signed LogoutResponse."""
        told = codes or (SUCCESS,)
        status = "".join(f'<samlp:StatusCode Value="{code}">' for code in told) + "</samlp:StatusCode>" * len(told)
        xml = (
            f'<samlp:LogoutResponse xmlns:samlp="{PROTOCOL}" xmlns:saml="{ASSERTION}" Version="2.0" '
            f'ID="_l{uuid4().hex}" IssueInstant="{self._time()}" Destination="{to}" InResponseTo="{asked.request_id}">'
            f"<saml:Issuer>{self.entity_id}</saml:Issuer><samlp:Status>{status}</samlp:Status></samlp:LogoutResponse>"
        )
        return self.by_redirect(to, "SAMLResponse", xml, relay_state=asked.parameters["RelayState"])

    def by_redirect(self, to: str, name: str, xml: str, *, relay_state: str) -> str:
        deflated = zlib.compress(xml.encode())[2:-4]
        query = urlencode(
            {name: base64.b64encode(deflated).decode(), "RelayState": relay_state, "SigAlg": self.telling.algorithm}
        )
        if self.telling.lower_case_escapes:
            query = re.sub("%[0-9A-F]{2}", lambda escape: escape[0].lower(), query)
        if "signature" in self.telling.left_out:
            return f"{to}?{query}"
        key: Any = load_pem_private_key(self.keys(self.telling.key).private_key.encode(), password=None)
        signature = base64.b64encode(key.sign(query.encode(), PKCS1v15(), SHA256())).decode()
        return f"{to}?{query}&{urlencode({'Signature': signature})}"


def _attribute(name: str, friendly_name: str, *values: str) -> str:
    told = "".join(f"<saml:AttributeValue>{value}</saml:AttributeValue>" for value in values)
    return f'<saml:Attribute Name="{name}" FriendlyName="{friendly_name}">{told}</saml:Attribute>'


def encrypted(assertion: bytes, certificate: str) -> str:
    """An EncryptedAssertion: AES-256-GCM, its key by RSA-OAEP."""
    wrapped = etree.fromstring(f'<saml:EncryptedAssertion xmlns:saml="{ASSERTION}"/>')
    wrapped.append(etree.fromstring(assertion))
    manager = xmlsec.KeysManager()
    manager.add_key(xmlsec.Key.from_memory(certificate, xmlsec.KeyFormat.CERT_PEM, None))
    template = xmlsec.template.encrypted_data_create(
        wrapped, xmlsec.Transform.AES256_GCM, type=xmlsec.EncryptionType.ELEMENT, ns="xenc"
    )
    xmlsec.template.encrypted_data_ensure_cipher_value(template)
    key_info = xmlsec.template.encrypted_data_ensure_key_info(template, ns="ds")
    xmlsec.template.encrypted_data_ensure_cipher_value(
        xmlsec.template.add_encrypted_key(key_info, xmlsec.Transform.RSA_OAEP)
    )
    context = xmlsec.EncryptionContext(manager)
    context.key = xmlsec.Key.generate(xmlsec.KeyData.AES, 256, xmlsec.KeyDataType.SESSION)
    context.encrypt_xml(template, wrapped[0])
    return etree.tostring(wrapped, encoding="unicode")


@contextmanager
def a_small_saml_provider(folder: Path) -> Iterator[SmallSamlProvider]:
    provider = SmallSamlProvider(folder)
    server = make_server("127.0.0.1", 0, provider.app, threaded=True)
    provider.address = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
