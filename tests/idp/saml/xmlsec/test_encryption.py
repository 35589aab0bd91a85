"""XML encryption (idp/saml/xmlsec/encryption.py), with the xmlsec1 program as second opinion."""

import copy
from base64 import b64decode, b64encode

import pytest
import xmlsec
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA1
from lxml import etree

from config.xml import read_xml
from idp.saml.xmlsec.algorithms import (
    AES256_GCM,
    CONTENT,
    MASK_HASHES,
    OAEP,
    OAEP_WITH_MGF,
    SHA256,
    XMLENC,
    XMLENC11,
    NoCommonAlgorithm,
    content_encryption_for,
    key_transport_for,
)
from idp.saml.xmlsec.canonical import canonical
from idp.saml.xmlsec.encryption import MOST_TRIES, DecryptionRefused, decrypt_element, encrypted
from idp.saml.xmlsec.key_cache import public_key
from idp.saml.xmlsec.signing import sign
from idp.saml.xmlsec.verification import verify_signature
from relying_parties.registration.saml_sp import SignatureAlgorithm, WeakAlgorithm
from relying_parties.sp_metadata.service_provider import EncryptionKey, EncryptionMethod
from tests.builders.xml import ASSERTION, ASSERTION_TEXT, DS, PROTOCOL, TEXTS, XENC, an_identity, encrypt_element

CBC = f"{XMLENC}aes256-cbc"
TRIPLE_DES = f"{XMLENC}tripledes-cbc"
RSA_1_5 = f"{XMLENC}rsa-1_5"
BY_EXCEPTION = (WeakAlgorithm.AES_CBC,)
NAME_ID = f'<saml:NameID xmlns:saml="{ASSERTION[1:-1]}">jeanne</saml:NameID>'


@pytest.fixture
def service_provider():
    return an_identity("sp.example")


def reading(*methods: str | EncryptionMethod, of=None) -> EncryptionKey:
    """The encryption key of a recipient that supports these methods."""
    named = [
        method if isinstance(method, EncryptionMethod) else EncryptionMethod(algorithm=method) for method in methods
    ]
    return EncryptionKey(certificate=(of or an_identity("sp.example")).certificate, methods=tuple(named))


TRANSPORTS = [
    EncryptionMethod(algorithm=OAEP),
    EncryptionMethod(algorithm=OAEP, digest=SHA256),
    EncryptionMethod(algorithm=OAEP_WITH_MGF),
    *(EncryptionMethod(algorithm=OAEP_WITH_MGF, digest=SHA256, mgf=mgf) for mgf in MASK_HASHES),
]


@pytest.mark.parametrize("transport", TRANSPORTS, ids=lambda each: f"{each.algorithm} {each.digest} {each.mgf}")
@pytest.mark.parametrize("content", CONTENT)
def test_the_recipient_decrypts_our_encryption(content, transport, service_provider):
    """Each cipher with each key transport."""
    encrypted = encrypt_element(etree.fromstring(ASSERTION_TEXT), reading(content, transport), BY_EXCEPTION)
    received = read_xml(etree.tostring(encrypted))
    assert received.find(f"{XENC}EncryptedData/{XENC}EncryptionMethod").get("Algorithm") == content
    decrypted = decrypt_element(received, [service_provider], BY_EXCEPTION)
    got, sent = (
        etree.tostring(each, method="c14n", exclusive=True) for each in (decrypted, etree.fromstring(ASSERTION_TEXT))
    )
    assert got == sent


@pytest.mark.slow
@pytest.mark.parametrize("content", CONTENT)
def test_xmlsec1_decrypts_our_encryption(xmlsec1, content, service_provider):
    """With the default key transport: Debian's xmlsec1 1.2 supports no other."""
    encrypted = encrypt_element(etree.fromstring(ASSERTION_TEXT), reading(content), BY_EXCEPTION)
    opened = etree.fromstring(xmlsec1.decrypts(etree.tostring(encrypted), service_provider))
    assert opened.find(f".//{ASSERTION}AttributeValue").text == "Jeanne Lefèvre <jeanne@hopital.example>"


@pytest.mark.parametrize("transport", TRANSPORTS, ids=lambda each: f"{each.algorithm} {each.digest} {each.mgf}")
def test_libxmlsec_decrypts_our_encryption(transport, service_provider):
    """libxmlsec 1.3, in python-xmlsec, supports every digest and mask of RSA-OAEP."""
    encrypted = encrypt_element(etree.fromstring(NAME_ID), reading(AES256_GCM.uri, transport))
    keys = xmlsec.KeysManager()
    keys.add_key(xmlsec.Key.from_memory(service_provider.private_key, xmlsec.constants.KeyDataFormatPem))
    opened = xmlsec.EncryptionContext(keys).decrypt(encrypted.find(f"{XENC}EncryptedData"))
    assert opened.text == "jeanne"


@pytest.mark.slow
@pytest.mark.parametrize("transport", TRANSPORTS, ids=lambda each: f"{each.algorithm} {each.digest} {each.mgf}")
def test_the_encrypted_element_is_in_canonical_form(transport):
    """It is inserted in a Response that is then signed as text."""
    text = encrypted("NameID", NAME_ID.encode(), reading(AES256_GCM.uri, transport))
    assert canonical(etree.fromstring(text)) == text.encode()


@pytest.mark.interop
@pytest.mark.parametrize("content", [f"{XMLENC11}aes128-gcm", f"{XMLENC11}aes256-gcm", CBC])
def test_we_decrypt_the_encryption_of_xmlsec1(xmlsec1, content, service_provider):
    bits = 128 if "128" in content else 256
    document = xmlsec1.encrypts(NAME_ID.encode(), template(content), service_provider.certificate, f"aes-{bits}")
    received = etree.Element("wrapper")
    received.append(read_xml(document))
    assert decrypt_element(received, [service_provider], BY_EXCEPTION).text == "jeanne"


@pytest.mark.slow
def test_a_signed_assertion_keeps_its_signature_through_encryption(xmlsec1, service_provider):
    """Core, section 5.4.1 and 6.2: signed, encrypted, and the Response signed around it."""
    identity = an_identity("idp.example")
    root = etree.fromstring(TEXTS[f"{PROTOCOL}Response"])
    assertion = root.find(f"{ASSERTION}Assertion")
    sign([assertion], identity, SignatureAlgorithm.RSA_SHA256)
    root.replace(assertion, encrypt_element(assertion, reading()))
    sign([root], identity, SignatureAlgorithm.RSA_SHA256)
    document = etree.tostring(root)

    received = read_xml(document)
    verify_signature(received, received, [identity.certificate])
    assert xmlsec1.verifies(document, identity.certificate, received)
    decrypted = decrypt_element(received.find(f"{ASSERTION}EncryptedAssertion"), [service_provider])
    verify_signature(decrypted, decrypted, [identity.certificate])
    assert b"jeanne" not in document


def test_no_content_remains_in_clear():
    encrypted = etree.tostring(encrypt_element(etree.fromstring(NAME_ID), reading()))
    assert b"jeanne" not in encrypted
    assert etree.fromstring(encrypted).tag == f"{ASSERTION}EncryptedID"


def test_two_encryptions_share_neither_key_nor_nonce():
    first, second = (encrypt_element(etree.fromstring(NAME_ID), reading()) for _ in range(2))
    for one, other in zip(first.iter(f"{XENC}CipherValue"), second.iter(f"{XENC}CipherValue"), strict=True):
        assert one.text[:16] != other.text[:16]


@pytest.mark.parametrize(
    ("methods", "chosen"),
    [
        ([], AES256_GCM),
        ([OAEP], AES256_GCM),
        ([f"{XMLENC11}aes128-gcm", f"{XMLENC11}aes256-gcm"], CONTENT[f"{XMLENC11}aes128-gcm"]),
        ([CBC, f"{XMLENC11}aes128-gcm"], CONTENT[f"{XMLENC11}aes128-gcm"]),
        ([TRIPLE_DES, f"{XMLENC11}aes256-gcm"], AES256_GCM),
        ([f"{XMLENC}kw-aes256"], AES256_GCM),
    ],
)
def test_the_first_declared_algorithm_that_we_support_is_chosen(methods, chosen):
    """Metadata, section 2.4.1.1: EncryptionMethod in the order of preference."""
    assert content_encryption_for(reading(*methods).methods) is chosen


@pytest.mark.parametrize("methods", [[CBC], [TRIPLE_DES], ["urn:example:rot13"]])
def test_without_a_safe_common_algorithm_nothing_is_encrypted(methods):
    with pytest.raises(NoCommonAlgorithm):
        encrypt_element(etree.fromstring(NAME_ID), reading(*methods))


def test_cbc_is_used_only_with_an_exception_and_without_another_common_algorithm():
    assert content_encryption_for(reading(CBC).methods, BY_EXCEPTION) is CONTENT[CBC]
    assert content_encryption_for(reading(CBC, AES256_GCM.uri).methods, BY_EXCEPTION) is AES256_GCM
    with pytest.raises(NoCommonAlgorithm):
        content_encryption_for(reading(TRIPLE_DES).methods, BY_EXCEPTION)


def test_rsa_1_5_is_never_used():
    assert key_transport_for(reading(RSA_1_5, OAEP).methods).uri == OAEP
    with pytest.raises(NoCommonAlgorithm):
        key_transport_for(reading(RSA_1_5).methods)


@pytest.mark.parametrize(
    "unusable", [an_identity(key_type="ec").certificate, an_identity("weak.example", size=1024).certificate, "nothing"]
)
def test_nothing_is_encrypted_for_a_key_that_cannot_encrypt(unusable):
    with pytest.raises(NoCommonAlgorithm):
        encrypt_element(etree.fromstring(NAME_ID), EncryptionKey(certificate=unusable))


def test_the_current_and_the_previous_key_decrypt(service_provider):
    encrypted = encrypt_element(etree.fromstring(NAME_ID), reading())
    keys = [an_identity(key_type="ec"), an_identity("newer.example"), service_provider]
    assert decrypt_element(encrypted, keys).text == "jeanne"


def test_an_encrypted_key_that_is_a_sibling_is_found(service_provider):
    """Core, section 6.2: EncryptedKey may be a sibling of EncryptedData."""
    encrypted = encrypt_element(etree.fromstring(NAME_ID), reading())
    key = encrypted.find(f".//{XENC}EncryptedKey")
    encrypted.append(key)
    assert decrypt_element(encrypted, [service_provider]).text == "jeanne"


def test_a_prefix_declared_around_the_encrypted_data_is_in_scope(service_provider):
    """xmlsec encrypts the octets of the element as they were in its document."""
    assert decrypt_element(received_with(b"<saml:NameID>jeanne</saml:NameID>"), [service_provider]).text == "jeanne"


def test_a_comment_cannot_split_the_text(service_provider):
    text = b"<saml:NameID>admin<!-- -->.example</saml:NameID>"
    assert decrypt_element(received_with(text), [service_provider]).text == "admin.example"


def changed_content(encrypted):
    _flip(encrypted.findall(f".//{XENC}CipherValue")[-1])


def changed_key(encrypted):
    _flip(encrypted.find(f".//{XENC}EncryptedKey//{XENC}CipherValue"))


def short_content(encrypted):
    encrypted.findall(f".//{XENC}CipherValue")[-1].text = "AAAA"


def no_base64(encrypted):
    encrypted.findall(f".//{XENC}CipherValue")[-1].text = "é"


def no_content(encrypted):
    encrypted.findall(f".//{XENC}CipherValue")[-1].text = None


def content_elsewhere(encrypted):
    data = encrypted.findall(f".//{XENC}CipherData")[-1]
    data.clear()
    etree.SubElement(data, f"{XENC}CipherReference", {"URI": "http://127.0.0.1:9/secret"})


def no_method(encrypted):
    method = encrypted.find(f"{XENC}EncryptedData/{XENC}EncryptionMethod")
    method.getparent().remove(method)


def cbc_instead(encrypted):
    encrypted.find(f"{XENC}EncryptedData/{XENC}EncryptionMethod").set("Algorithm", CBC)


def rsa_1_5_instead(encrypted):
    encrypted.find(f".//{XENC}EncryptedKey/{XENC}EncryptionMethod").set("Algorithm", RSA_1_5)


def no_key(encrypted):
    key = encrypted.find(f".//{XENC}EncryptedKey")
    key.getparent().remove(key)


def nothing_encrypted(encrypted):
    encrypted.clear()


@pytest.mark.parametrize(
    "change",
    [
        changed_content, changed_key, short_content, no_base64, no_content, content_elsewhere, no_method, cbc_instead,
        rsa_1_5_instead, no_key, nothing_encrypted,
    ],
)  # fmt: skip
def test_every_failure_has_the_same_error(change, service_provider):
    """XML Encryption 1.1, section 6.1: the error must not say what failed, or it would be an oracle."""
    encrypted = encrypt_element(etree.fromstring(NAME_ID), reading())
    change(encrypted)
    with pytest.raises(DecryptionRefused, match=r"\Acould not be decrypted\Z") as refused:
        decrypt_element(read_xml(etree.tostring(encrypted)), [service_provider], ())
    assert refused.value.__cause__ is None


@pytest.mark.parametrize(
    "text",
    [
        b"jeanne", b"", b"<a/><b/>", b"<a/>and more", b"</context><context>", b"<!DOCTYPE a><a/>", b"<a>", b"<x:a/>",
        b"\xff", b"<?xml version='1.0'?><a/>",
    ],
)  # fmt: skip
def test_content_that_is_not_one_element_has_the_same_error(text, service_provider):
    with pytest.raises(DecryptionRefused):
        decrypt_element(received_with(text), [service_provider])


def test_a_key_of_another_recipient_decrypts_nothing():
    with pytest.raises(DecryptionRefused):
        decrypt_element(encrypt_element(etree.fromstring(NAME_ID), reading()), [an_identity("other.example")])


def test_cbc_is_decrypted_only_with_an_exception(service_provider):
    encrypted = encrypt_element(etree.fromstring(NAME_ID), reading(CBC), BY_EXCEPTION)
    assert decrypt_element(encrypted, [service_provider], BY_EXCEPTION).text == "jeanne"
    with pytest.raises(DecryptionRefused):
        decrypt_element(encrypted, [service_provider])


@pytest.mark.parametrize("filling", [0, 17, 255])
def test_invalid_padding_is_refused(filling, service_provider):
    """XML Encryption 1.1 section 5.2.2."""
    key = bytes(32)
    encryptor = Cipher(algorithms.AES(key), modes.CBC(bytes(16))).encryptor()
    octets = bytes(16) + encryptor.update(NAME_ID.encode().ljust(255)[:255] + bytes([filling])) + encryptor.finalize()
    with pytest.raises(DecryptionRefused):
        decrypt_element(received_as(octets, key, CBC), [service_provider], BY_EXCEPTION)


def test_a_session_key_of_another_length_is_refused(service_provider):
    key = bytes(16)
    octets = bytes(12) + AESGCM(key).encrypt(bytes(12), NAME_ID.encode(), None)
    with pytest.raises(DecryptionRefused):
        decrypt_element(received_as(octets, key, AES256_GCM.uri), [service_provider])
    with_its_name = received_as(octets, key, f"{XMLENC11}aes128-gcm")
    assert decrypt_element(with_its_name, [service_provider]).text == "jeanne"


def test_oaep_parameters_are_refused(service_provider):
    encrypted = encrypt_element(etree.fromstring(NAME_ID), reading())
    etree.SubElement(encrypted.find(f".//{XENC}EncryptedKey/{XENC}EncryptionMethod"), f"{XENC}OAEPparams").text = "AAAA"
    with pytest.raises(DecryptionRefused):
        decrypt_element(encrypted, [service_provider])


def test_the_number_of_decryptions_is_bounded(service_provider):
    """Each needs an operation with a private key."""
    encrypted = encrypt_element(etree.fromstring(NAME_ID), reading())
    key_info = encrypted.find(f".//{DS}KeyInfo")
    others = encrypt_element(etree.fromstring(NAME_ID), reading(of=an_identity("other.example")))
    for tried in range(1, MOST_TRIES + 1):
        key_info.insert(0, copy.deepcopy(others.find(f".//{XENC}EncryptedKey")))
        if tried < MOST_TRIES:
            assert decrypt_element(encrypted, [service_provider]).text == "jeanne"
    with pytest.raises(DecryptionRefused):
        decrypt_element(encrypted, [service_provider])


def received_with(text: bytes) -> etree._Element:
    """An EncryptedID with these octets, in a parent that declares `saml`."""
    key = bytes(32)
    return received_as(bytes(12) + AESGCM(key).encrypt(bytes(12), text, None), key, AES256_GCM.uri)


def received_as(enciphered: bytes, key: bytes, content: str) -> etree._Element:
    """An encryption that we never make, but others may."""
    encrypted = encrypt_element(etree.fromstring(NAME_ID), reading())
    encrypted.find(f"{XENC}EncryptedData/{XENC}EncryptionMethod").set("Algorithm", content)
    oaep = padding.OAEP(mgf=padding.MGF1(SHA1()), algorithm=SHA1(), label=None)  # noqa: S303
    key_value, content_value = encrypted.iter(f"{XENC}CipherValue")
    key_value.text = b64encode(public_key(reading().certificate).encrypt(key, oaep)).decode()
    content_value.text = b64encode(enciphered).decode()
    return read_xml(etree.tostring(encrypted))


def template(content: str) -> bytes:
    return f"""<xenc:EncryptedData xmlns:xenc="{XMLENC}" xmlns:ds="http://www.w3.org/2000/09/xmldsig#"
 Type="{XMLENC}Element"><xenc:EncryptionMethod Algorithm="{content}"/><ds:KeyInfo><xenc:EncryptedKey>
<xenc:EncryptionMethod Algorithm="{OAEP}"/><xenc:CipherData><xenc:CipherValue/></xenc:CipherData></xenc:EncryptedKey>
</ds:KeyInfo><xenc:CipherData><xenc:CipherValue/></xenc:CipherData></xenc:EncryptedData>""".encode()


def _flip(value: etree._Element) -> None:
    octets = bytearray(b64decode(value.text))
    octets[-1] ^= 1
    value.text = b64encode(octets).decode()
