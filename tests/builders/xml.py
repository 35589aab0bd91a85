"""Keys, messages and signatures for tests of XML: what service providers and we send one another."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import cache

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from lxml import etree

from idp.keys.certificates import SigningIdentity, self_signed
from idp.saml.xmlsec.encryption import RecipientKey, encrypted, serialized
from idp.saml.xmlsec.signing import sign
from relying_parties.registration.saml_sp import SignatureAlgorithm, WeakAlgorithm

ASSERTION = "{urn:oasis:names:tc:SAML:2.0:assertion}"
PROTOCOL = "{urn:oasis:names:tc:SAML:2.0:protocol}"
METADATA = "{urn:oasis:names:tc:SAML:2.0:metadata}"
DS = "{http://www.w3.org/2000/09/xmldsig#}"
XENC = "{http://www.w3.org/2001/04/xmlenc#}"

_NAMESPACES = (
    'xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" '
    'xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata"'
)
_SAID = 'Version="2.0" IssueInstant="2026-01-05T08:00:00Z"'

ASSERTION_TEXT = f"""<saml:Assertion {_NAMESPACES} ID="_assertion" {_SAID}><saml:Issuer>https://sp.example</saml:Issuer>
<saml:Subject><saml:NameID>jeanne</saml:NameID></saml:Subject><saml:AttributeStatement><saml:Attribute Name="mail">
<saml:AttributeValue>Jeanne Lefèvre &lt;jeanne@hopital.example&gt;</saml:AttributeValue></saml:Attribute>
</saml:AttributeStatement></saml:Assertion>"""

TEXTS = {
    f"{ASSERTION}Assertion": ASSERTION_TEXT,
    f"{PROTOCOL}Response": f"""<samlp:Response {_NAMESPACES} ID="_response" {_SAID}>
<saml:Issuer>https://sp.example</saml:Issuer><samlp:Status><samlp:StatusCode
 Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status>{ASSERTION_TEXT}</samlp:Response>""",
    f"{PROTOCOL}AuthnRequest": f"""<samlp:AuthnRequest {_NAMESPACES} ID="_request" {_SAID}
 AssertionConsumerServiceURL="https://sp.example/acs"><saml:Issuer>https://sp.example</saml:Issuer>
<samlp:NameIDPolicy AllowCreate="true"/></samlp:AuthnRequest>""",
    f"{METADATA}EntityDescriptor": f"""<md:EntityDescriptor {_NAMESPACES} ID="_entity" entityID="https://sp.example">
<md:SPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol"><md:AssertionConsumerService
 Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="https://sp.example/acs" index="0"/>
</md:SPSSODescriptor></md:EntityDescriptor>""",
}
SIGNED_KINDS = tuple(TEXTS)


def an_identity(name: str = "sp.example", *, key_type: str = "rsa", size: int | None = None) -> SigningIdentity:
    """A signer, always with the same key."""
    return _made_once(name, key_type, size or (2048 if key_type == "rsa" else 256))


@cache
def _made_once(name: str, key_type: str, size: int) -> SigningIdentity:
    curves = {256: ec.SECP256R1(), 384: ec.SECP384R1(), 521: ec.SECP521R1()}
    key = (
        rsa.generate_private_key(public_exponent=65537, key_size=size)
        if key_type == "rsa"
        else ec.generate_private_key(curves[size])
    )
    return SigningIdentity(
        kid=name,
        private_key=key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
        certificate=self_signed(key, host=name, now=datetime.now(UTC)),
        key_type=key_type,
    )


def id_of(kind: str) -> str:
    return etree.fromstring(TEXTS[kind]).get("ID", "")


def signed_text(
    text: str,
    ids: Sequence[tuple[str, str]],
    identity: SigningIdentity,
    algorithm: SignatureAlgorithm = SignatureAlgorithm.RSA_SHA256,
) -> bytes:
    """The document with a signature of ours in each of these elements, each `("{namespace}tag", its ID)`."""
    root = etree.fromstring(text)
    elements = [each for tag, identifier in ids for each in root.iter(tag) if each.get("ID") == identifier]
    sign(elements, identity, algorithm)
    return etree.tostring(root)


def signed(
    kind: str,
    identity: SigningIdentity | None = None,
    algorithm: SignatureAlgorithm = SignatureAlgorithm.RSA_SHA256,
) -> bytes:
    """A message of this kind, signed as we sign."""
    return signed_text(TEXTS[kind], [(kind, id_of(kind))], identity or an_identity(), algorithm)


def encrypt_element(
    element: etree._Element, key: RecipientKey, exceptions: Iterable[WeakAlgorithm] = ()
) -> etree._Element:
    """saml:EncryptedAssertion, EncryptedID or EncryptedAttribute of `element`."""
    return etree.fromstring(encrypted(etree.QName(element).localname, serialized(element), key, exceptions))
