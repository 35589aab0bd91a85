"""Encrypts and decrypts assertions, attributes and NameIDs: XML Encryption 1.1, SAML V2.0 Core, section 2.

`cryptography` has the ciphers. xmlsec is not used: it follows references and runs transforms of a received
EncryptedData, and needs a KeysManager for each service provider, which takes 10 ms. We read only EncryptedData with
inline values. Every failure has the same error, so that a sender learns nothing from it.
"""

import secrets
from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from lxml import etree

from config.xml import XmlRefused, detached_copy, read_message
from idp.keys.certificates import SigningIdentity
from idp.saml.xmlsec.algorithms import (
    CONTENT,
    HASHES,
    SHA1,
    XMLDSIG,
    XMLENC,
    XMLENC11,
    ContentEncryption,
    DeclaredMethod,
    KeyTransport,
    NoCommonAlgorithm,
    content_encryption_for,
    is_known,
    key_transport_for,
    mask_hash,
)
from idp.saml.xmlsec.key_cache import private_key, public_key
from relying_parties.registration.saml_sp import WeakAlgorithm

DS = f"{{{XMLDSIG}}}"
XENC = f"{{{XMLENC}}}"
XENC11 = f"{{{XMLENC11}}}"
ASSERTION = "urn:oasis:names:tc:SAML:2.0:assertion"
ELEMENT = f"{XMLENC}Element"

NONCE_OCTETS = 12  # XML Encryption 1.1 section 5.2.4
TAG_OCTETS = 16
BLOCK_OCTETS = 16
MOST_TRIES = 2  # decryptions of an EncryptedKey; each costs as much as the rest of a message

_ENCRYPTED_AS = {
    "Assertion": "EncryptedAssertion",  # Core, section 2.3.4
    "NameID": "EncryptedID",  # 2.2.4
    "BaseID": "EncryptedID",
    "Attribute": "EncryptedAttribute",  # 2.7.3.2
}


class RecipientKey(Protocol):
    """An EncryptionKey of relying_parties/sp_metadata/service_provider.py."""

    @property
    def certificate(self) -> str: ...
    @property
    def methods(self) -> Sequence[DeclaredMethod]: ...


class DecryptionRefused(Exception):
    """The element could not be decrypted. The reason is not given: it could reveal the content to an attacker."""

    def __init__(self) -> None:
        super().__init__("could not be decrypted")


def encrypted(name: str, element: bytes, key: RecipientKey, exceptions: Iterable[WeakAlgorithm] = ()) -> str:
    """The saml:EncryptedAssertion, EncryptedID or EncryptedAttribute of an element, in canonical form.

    `name` is the local name of the element, and `element` its octets, which must declare the prefixes that they use.

    Raises:
        NoCommonAlgorithm: the recipient supports no algorithm that we encrypt with, or has no RSA key.
    """
    wrapper = f"saml:{_ENCRYPTED_AS[name]}"
    return f'<{wrapper} xmlns:saml="{ASSERTION}">{encrypted_data(element, key, exceptions)}</{wrapper}>'


def serialized(element: etree._Element) -> bytes:
    """The octets of an element, without its tail."""
    return etree.tostring(element, encoding="utf-8", with_tail=False, xml_declaration=False)


def encrypted_data(element: bytes, key: RecipientKey, exceptions: Iterable[WeakAlgorithm] = ()) -> str:
    """The xenc:EncryptedData of an element, with its EncryptedKey: XML Encryption 1.1, sections 3.1 and 3.5.1."""
    content = content_encryption_for(key.methods, exceptions)
    transport = key_transport_for(key.methods)
    recipient = public_key(key.certificate)
    if not isinstance(recipient, RSAPublicKey):
        raise NoCommonAlgorithm
    session_key = secrets.token_bytes(content.key_octets)
    return (
        f'<xenc:EncryptedData xmlns:xenc="{XMLENC}" Type="{ELEMENT}">'
        f'<xenc:EncryptionMethod Algorithm="{content.uri}"></xenc:EncryptionMethod>'
        f'<ds:KeyInfo xmlns:ds="{XMLDSIG}"><xenc:EncryptedKey>{_method_of(transport)}'
        f"{_cipher_data(recipient.encrypt(session_key, _oaep(transport)))}</xenc:EncryptedKey></ds:KeyInfo>"
        f"{_cipher_data(_encrypt_content(element, session_key, content))}</xenc:EncryptedData>"
    )


def decrypt_element(
    encrypted: etree._Element, keys: Sequence[SigningIdentity], exceptions: Iterable[WeakAlgorithm] = ()
) -> etree._Element:
    """The element in an EncryptedID, EncryptedAssertion or EncryptedAttribute, decrypted with one of our keys.

    Raises:
        DecryptionRefused: for any reason.
    """
    data = encrypted.find(f"{XENC}EncryptedData")
    if data is None:
        raise DecryptionRefused
    return decrypted(data, keys, exceptions)


def decrypted(
    data: etree._Element, keys: Sequence[SigningIdentity], exceptions: Iterable[WeakAlgorithm] = ()
) -> etree._Element:
    """The element in xenc:EncryptedData. Its EncryptedKey is a descendant or a sibling of it (Core, section 6.2).

    Raises:
        DecryptionRefused: for any reason.
    """
    try:
        content = CONTENT[_method(data).get("Algorithm", "")]
        if not content.authenticated and WeakAlgorithm.AES_CBC not in exceptions:
            raise DecryptionRefused
        session_key = _session_key(data, keys, content)
        return _element_of(_decrypt_content(_value(data), session_key, content), data)
    except (KeyError, ValueError, InvalidTag, XmlRefused):
        raise DecryptionRefused from None


# -- encryption


def _method_of(transport: KeyTransport) -> str:
    parameters = ""
    if transport.digest != SHA1:  # the default, XML Encryption 1.1 section 5.5.2
        parameters = f'<ds:DigestMethod Algorithm="{transport.digest}"></ds:DigestMethod>'
    if transport.mgf is not None:
        parameters += f'<xenc11:MGF xmlns:xenc11="{XMLENC11}" Algorithm="{transport.mgf}"></xenc11:MGF>'
    return f'<xenc:EncryptionMethod Algorithm="{transport.uri}">{parameters}</xenc:EncryptionMethod>'


def _cipher_data(octets: bytes) -> str:
    value = b64encode(octets).decode("ascii")
    return f"<xenc:CipherData><xenc:CipherValue>{value}</xenc:CipherValue></xenc:CipherData>"


def _encrypt_content(text: bytes, key: bytes, content: ContentEncryption) -> bytes:
    if content.authenticated:
        nonce = secrets.token_bytes(NONCE_OCTETS)
        return nonce + AESGCM(key).encrypt(nonce, text, None)
    vector = secrets.token_bytes(BLOCK_OCTETS)
    padding_length = BLOCK_OCTETS - len(text) % BLOCK_OCTETS  # section 5.2.2: the last octet has the number
    encryptor = Cipher(algorithms.AES(key), modes.CBC(vector)).encryptor()
    padded = text + secrets.token_bytes(padding_length - 1) + bytes([padding_length])
    return vector + encryptor.update(padded) + encryptor.finalize()


def _oaep(transport: KeyTransport) -> padding.OAEP:
    return padding.OAEP(mgf=padding.MGF1(mask_hash(transport)), algorithm=HASHES[transport.digest], label=None)


# -- decryption


def _session_key(data: etree._Element, keys: Sequence[SigningIdentity], content: ContentEncryption) -> bytes:
    """The first session key that one of our keys decrypts and that has the length of the cipher.

    With authenticated content, a wrong session key and a changed text fail alike, so that the
    failure reveals nothing (section 6.1.2).
    """
    ours = [key for each in keys if isinstance(key := private_key(each.private_key), RSAPrivateKey)]
    tries = ((transport, value, key) for transport, value in _known_transports(data) for key in ours)
    for transport, value, key in islice(tries, max(MOST_TRIES, len(ours))):
        try:
            session_key = key.decrypt(value, _oaep(transport))
        except ValueError:
            continue
        if len(session_key) == content.key_octets:
            return session_key
    raise DecryptionRefused


def _known_transports(data: etree._Element) -> Iterator[tuple[KeyTransport, bytes]]:
    """The EncryptedKeys with a key transport that we support, and their values."""
    for encrypted_key in _encrypted_keys(data):
        method = _method(encrypted_key)
        digest, mask = method.find(f"{DS}DigestMethod"), method.find(f"{XENC11}MGF")
        transport = KeyTransport(
            uri=method.get("Algorithm", ""),
            digest=SHA1 if digest is None else digest.get("Algorithm", ""),
            mgf=None if mask is None else mask.get("Algorithm", ""),
        )
        if is_known(transport) and method.find(f"{XENC}OAEPparams") is None:
            yield transport, _value(encrypted_key)


def _encrypted_keys(data: etree._Element) -> list[etree._Element]:
    inside = data.findall(f"{DS}KeyInfo/{XENC}EncryptedKey")
    parent = data.getparent()
    siblings = [] if parent is None else parent.findall(f"{XENC}EncryptedKey")
    return [*inside, *siblings]


def _method(element: etree._Element) -> etree._Element:
    method = element.find(f"{XENC}EncryptionMethod")
    if method is None:
        raise DecryptionRefused
    return method


def _value(element: etree._Element) -> bytes:
    """The inline CipherValue. A CipherReference is not followed."""
    value = element.find(f"{XENC}CipherData/{XENC}CipherValue")
    if value is None or not value.text:
        raise DecryptionRefused
    return b64decode(value.text)


def _decrypt_content(octets: bytes, key: bytes, content: ContentEncryption) -> bytes:
    if content.authenticated:
        if len(octets) < NONCE_OCTETS + TAG_OCTETS:
            raise DecryptionRefused
        return AESGCM(key).decrypt(octets[:NONCE_OCTETS], octets[NONCE_OCTETS:], None)
    decryptor = Cipher(algorithms.AES(key), modes.CBC(octets[:BLOCK_OCTETS])).decryptor()
    padded = decryptor.update(octets[BLOCK_OCTETS:]) + decryptor.finalize()
    padding_length = padded[-1] if padded else 0
    if not 1 <= padding_length <= BLOCK_OCTETS:
        raise DecryptionRefused
    return padded[:-padding_length]


def _element_of(text: bytes, data: etree._Element) -> etree._Element:
    """The only element of the decrypted text, which may use the prefixes that are in scope at `data`."""
    context = etree.tostring(etree.Element("context", nsmap=data.nsmap))
    opening = context.removesuffix(b"/>") + b">"
    document = read_message(opening + text + b"</context>")
    if len(document) != 1 or (document.text or "").strip() or (document[0].tail or "").strip():
        raise DecryptionRefused
    return detached_copy(document[0])
