"""What pysaml2 signs, verifies, encrypts and decrypts with: our own functions, in place of a program run for each.

pysaml2 names keys by file. Ours are never in one: `identity_of` resolves the
word it is given instead. The certificates that it verifies and encrypts with do
come as files, a fresh one each time, and are known again by content.
"""

from base64 import b64decode, b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from lxml import etree
from saml2 import SamlBase
from saml2.sigver import (
    ASSERT_XPATH,
    CryptoBackend,
    DecryptError,
    EncryptError,
    SignatureError,
    pre_encrypt_assertion,
)

from config.xml import XmlRefused, read_xml
from idp.keys.certificates import SigningIdentity
from idp.saml.xmlsec.algorithms import ACCEPTED, BY_URI, SIGNATURES, Accepted, DeclaredMethod, NoCommonAlgorithm
from idp.saml.xmlsec.encryption import XENC, DecryptionRefused, decrypted, encrypted_data, written
from idp.saml.xmlsec.signing import DS, ID, SIGNATURE, SignatureRefused, sign, verify_signature
from relying_parties.registration.saml_sp import SignatureAlgorithm

AT_MOST = 1_000_000  # octets of a document: pysaml2 hands over whole metadata of one entity too


@dataclass(frozen=True, slots=True, kw_only=True)
class _Recipient:
    certificate: str
    methods: Sequence[DeclaredMethod] = ()


def _no_identity(_named: str) -> SigningIdentity:
    raise KeyError("no key was given")


class InProcessCrypto(CryptoBackend):  # type: ignore[misc]
    """pysaml2's CryptoBackend (saml2/sigver.py), for `server.sec.crypto` and `metadata.security.crypto`."""

    def __init__(
        self, identity_of: Callable[[str], SigningIdentity] = _no_identity, *, allowed: Accepted = ACCEPTED
    ) -> None:
        super().__init__()
        self._identity_of = identity_of
        self._allowed = allowed

    @property
    def version(self) -> str:
        """pysaml2 reads the program's answers by it; we give none of those."""
        return "1.3.9"

    def sign_statement(
        self, statement: bytes | str | SamlBase, node_name: str, key_file: str, node_id: str | None = None
    ) -> str:
        """The statement with the signature that pysaml2 left empty in it, made by `key_file`'s identity."""
        root = etree.fromstring(_octets(statement))
        element = _element(root, node_name, node_id)
        template = None if element is None else element.find(SIGNATURE)
        if element is None or template is None or element.get(ID) is None:
            raise SignatureError("nothing to sign")
        algorithm = _algorithm(template)
        element.remove(template)
        try:
            sign([element], self._identity_of(key_file), algorithm)
        except (KeyError, ValueError) as wrong:
            raise SignatureError("cannot be signed") from wrong
        return etree.tostring(root, encoding="unicode")

    def validate_signature(
        self, signedtext: bytes | str, cert_file: str, cert_type: str, node_name: str, node_id: str | None
    ) -> bool:
        """True, or SignatureError: never False, which a caller could forget to look at."""
        try:
            root = read_xml(_octets(signedtext), at_most=AT_MOST)
            element = _element(root, node_name, node_id)
            if element is None:
                raise SignatureError("no such element")
            verify_signature(root, element, [_certificate(cert_file, cert_type)], allowed=self._allowed)
        except (XmlRefused, SignatureRefused) as refused:
            raise SignatureError(str(refused)) from refused
        return True

    def encrypt_assertion(
        self,
        statement: bytes | str | SamlBase,
        enc_key: str,
        template: object,  # noqa: ARG002 - it names Triple DES, whatever the service provider reads
        key_type: str = "",  # noqa: ARG002 - and this the same
        node_xpath: str | None = None,
        node_id: str | None = None,  # noqa: ARG002 - the path finds the element
    ) -> str:
        """The statement with what `node_xpath` finds encrypted by AES-256-GCM for the certificate in `enc_key`."""
        if isinstance(statement, SamlBase):
            statement = pre_encrypt_assertion(statement)
        root = etree.fromstring(_octets(statement))
        found = root.xpath(node_xpath or ASSERT_XPATH)
        if not isinstance(found, list) or len(found) != 1 or not isinstance(element := found[0], etree._Element):
            raise EncryptError("nothing to encrypt")
        parent = element.getparent()
        try:
            data = etree.fromstring(
                encrypted_data(written(element), _Recipient(certificate=_certificate(enc_key, "pem")))
            )
        except NoCommonAlgorithm as refused:
            raise EncryptError("cannot be encrypted for that certificate") from refused
        if parent is None:
            root = data
        else:
            parent.replace(element, data)
        return etree.tostring(root, encoding="unicode")

    def decrypt(self, enctext: bytes | str, key_file: str) -> str:
        """The document with each EncryptedData replaced by what it holds, as `key_file`'s identity opens it."""
        try:
            root = read_xml(_octets(enctext), at_most=AT_MOST)
            identity = self._identity_of(key_file)
            for data in list(root.iter(f"{XENC}EncryptedData")):
                element = decrypted(data, [identity])
                parent = data.getparent()
                if parent is None:
                    root = element
                else:
                    parent.replace(data, element)
        except (XmlRefused, DecryptionRefused, KeyError) as refused:
            raise DecryptError("could not be decrypted") from refused
        return etree.tostring(root, encoding="unicode")


def _octets(statement: bytes | str | SamlBase) -> bytes:
    return statement if isinstance(statement, bytes) else str(statement).encode("utf-8")


def _element(root: etree._Element, node_name: str, node_id: str | None) -> etree._Element | None:
    """`node_name` is "namespace:Local"; without an ID the first of that name is meant, as xmlsec1 would have it."""
    namespace, _, local = node_name.rpartition(":")
    for element in root.iter(f"{{{namespace}}}{local}"):
        if node_id is None or element.get(ID) == node_id:
            return element
    return None


def _algorithm(template: etree._Element) -> SignatureAlgorithm:
    method = template.find(f"{DS}SignedInfo/{DS}SignatureMethod")
    uri = "" if method is None else method.get("Algorithm", "")
    for algorithm, signing in SIGNATURES.items():
        if signing is BY_URI.get(uri):
            return algorithm
    raise SignatureError("not an algorithm that we sign with")


def _certificate(file: str, kind: str) -> str:
    """DER in base64, of a file in PEM or DER."""
    octets = Path(file).read_bytes()
    if kind == "der":
        return b64encode(octets).decode("ascii")
    armoured = octets.decode("ascii", errors="replace").split("-----")
    body = armoured[2] if len(armoured) > 2 else ""
    return b64encode(b64decode(body)).decode("ascii")
