"""What a SAML answer cannot be made without: python-xmlsec's signatures and encryption, and no protocol around them."""

import base64
from datetime import UTC, datetime, timedelta

import xmlsec
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from lxml import etree

_SIGNATURE = """<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:SignedInfo>
<ds:CanonicalizationMethod Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/>
<ds:SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"/>
<ds:Reference URI="#{identifier}"><ds:Transforms>
<ds:Transform Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"/>
<ds:Transform Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/></ds:Transforms>
<ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/><ds:DigestValue/></ds:Reference></ds:SignedInfo>
<ds:SignatureValue/><ds:KeyInfo><ds:X509Data><ds:X509Certificate/></ds:X509Data></ds:KeyInfo></ds:Signature>"""

_ATTRIBUTE = """<saml:Attribute Name="urn:oid:2.5.4.{number}" FriendlyName="attribute{number}"
 NameFormat="urn:oasis:names:tc:SAML:2.0:attrname-format:uri"><saml:AttributeValue
 xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
 xsi:type="xs:string">Une valeur de vingt lettres</saml:AttributeValue></saml:Attribute>"""

_IDP, _SP, _QUERY = "https://idp.example/saml/metadata", "https://application-0.example", "_" + "q" * 32
_PERSISTENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"
_PASSWORD = "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport"
_ATTRIBUTES = "".join(_ATTRIBUTE.format(number=number) for number in range(5))

_RESPONSE = f"""<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol"
 xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="r" Version="2.0" IssueInstant="2026-01-05T08:00:00Z"
 Destination="{_SP}/acs" InResponseTo="{_QUERY}"><saml:Issuer>{_IDP}</saml:Issuer>
{_SIGNATURE.format(identifier="r")}<samlp:Status>
<samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status>
<saml:Assertion ID="a" Version="2.0" IssueInstant="2026-01-05T08:00:00Z"><saml:Issuer>{_IDP}</saml:Issuer>
{_SIGNATURE.format(identifier="a")}<saml:Subject>
<saml:NameID Format="{_PERSISTENT}" NameQualifier="{_IDP}" SPNameQualifier="{_SP}/sp">{"n" * 32}</saml:NameID>
<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml:SubjectConfirmationData
 NotOnOrAfter="2026-01-05T08:05:00Z" Recipient="{_SP}/acs" InResponseTo="{_QUERY}"/>
</saml:SubjectConfirmation></saml:Subject>
<saml:Conditions NotBefore="2026-01-05T07:58:00Z" NotOnOrAfter="2026-01-05T08:05:00Z">
<saml:AudienceRestriction><saml:Audience>{_SP}/sp</saml:Audience></saml:AudienceRestriction></saml:Conditions>
<saml:AuthnStatement AuthnInstant="2026-01-05T07:59:00Z" SessionIndex="{"s" * 43}"><saml:AuthnContext>
<saml:AuthnContextClassRef>{_PASSWORD}</saml:AuthnContextClassRef>
</saml:AuthnContext></saml:AuthnStatement><saml:AttributeStatement>{_ATTRIBUTES}
</saml:AttributeStatement></saml:Assertion></samlp:Response>"""

_ASSERTION = "{urn:oasis:names:tc:SAML:2.0:assertion}Assertion"
_DS = "{http://www.w3.org/2000/09/xmldsig#}"


class XmlFloor:
    """A document of the usual size, signed twice, encrypted when asked. Keys are loaded once; nothing is checked."""

    def __init__(self) -> None:
        private, certificate = _key_pair()
        self._key = xmlsec.Key.from_memory(private, xmlsec.KeyFormat.PEM)
        self._key.load_cert_from_memory(certificate, xmlsec.KeyFormat.PEM)
        self._recipients = xmlsec.KeysManager()
        self._recipients.add_key(xmlsec.Key.from_memory(certificate, xmlsec.KeyFormat.CERT_PEM))

    def signed(self) -> bytes:
        """The response in base64, assertion and response signed."""
        response = _document()
        self._sign(response.find(_ASSERTION))
        self._sign(response)
        return base64.b64encode(etree.tostring(response))

    def encrypted(self) -> bytes:
        """The same with its assertion encrypted: AES-256-GCM, the key by RSA-OAEP."""
        response = _document()
        assertion = response.find(_ASSERTION)
        self._sign(assertion)
        self._encrypt(response, assertion)
        self._sign(response)
        return base64.b64encode(etree.tostring(response))

    def _sign(self, element: etree._Element) -> None:
        context = xmlsec.SignatureContext()
        context.key = self._key
        context.sign(element.find(f"{_DS}Signature"))

    def _encrypt(self, response: etree._Element, assertion: etree._Element) -> None:
        data = xmlsec.template.encrypted_data_create(
            response, xmlsec.Transform.AES256_GCM, type=xmlsec.EncryptionType.ELEMENT, ns="xenc"
        )
        xmlsec.template.encrypted_data_ensure_cipher_value(data)
        info = xmlsec.template.encrypted_data_ensure_key_info(data, ns="dsig")
        wrapped = xmlsec.template.add_encrypted_key(info, xmlsec.Transform.RSA_OAEP)
        xmlsec.template.encrypted_data_ensure_cipher_value(wrapped)
        context = xmlsec.EncryptionContext(self._recipients)
        context.key = xmlsec.Key.generate(xmlsec.KeyData.AES, 256, xmlsec.KeyDataType.SESSION)
        context.encrypt_xml(data, assertion)


def _document() -> etree._Element:
    response = etree.fromstring(_RESPONSE)
    xmlsec.tree.add_ids(response, ["ID"])
    return response


def _key_pair() -> tuple[bytes, bytes]:
    key = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "idp.example")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=3650))
        .sign(key, SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return private, certificate.public_bytes(Encoding.PEM)
