"""pysaml2 signs, verifies, encrypts and decrypts by our functions (idp/saml/pysaml2/crypto.py)."""

from pathlib import Path

import pytest
from lxml import etree
from saml2 import class_name, saml, samlp
from saml2.sigver import DecryptError, EncryptError, SignatureError, pre_encryption_part, pre_signature_part

from config.xml import read_xml
from idp.keys.certificates import as_pem
from idp.saml.pysaml2.crypto import InProcessCrypto
from idp.saml.xmlsec.signing import verify_signature
from tests.builders.xml import ASSERTION, TEXTS, XENC, an_identity, signed

RSA_SHA1 = "http://www.w3.org/2000/09/xmldsig#rsa-sha1"
RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"
ASSERTED = "urn:oasis:names:tc:SAML:2.0:assertion:Assertion"


@pytest.fixture
def identity():
    return an_identity("idp.example")


@pytest.fixture
def crypto(identity):
    return InProcessCrypto({"current": identity}.__getitem__)


@pytest.fixture
def in_file(tmp_path):
    """A certificate in a file, as pysaml2 hands it over."""

    def write(identity) -> str:
        file = Path(tmp_path / "certificate.pem")
        file.write_text(as_pem(identity.certificate))
        return str(file)

    return write


def an_assertion(algorithm=RSA_SHA256) -> saml.Assertion:
    return saml.Assertion(
        version="2.0",
        id="_a",
        issue_instant="2026-01-05T08:00:00Z",
        issuer=saml.Issuer(text="https://idp.example"),
        subject=saml.Subject(name_id=saml.NameID(text="jeanne")),
        signature=pre_signature_part("_a", "", 1, sign_alg=algorithm, digest_alg=SHA256),
    )


def a_response() -> samlp.Response:
    return samlp.Response(id="_r", version="2.0", issue_instant="2026-01-05T08:00:00Z", assertion=an_assertion())


def test_what_pysaml2_asks_to_sign_is_signed(crypto, identity, xmlsec1):
    document = crypto.sign_statement(str(an_assertion()), class_name(saml.Assertion()), "current", "_a").encode()
    root = read_xml(document)
    verify_signature(root, root, [identity.certificate])
    assert xmlsec1.verifies(document, identity.certificate, root)


def test_sha1_which_is_pysaml2s_own_choice_is_not_signed_with(crypto):
    with pytest.raises(SignatureError):
        crypto.sign_statement(an_assertion(RSA_SHA1), ASSERTED, "current", "_a")


@pytest.mark.parametrize(("key", "identifier"), [("forgotten", "_a"), ("current", "_b")])
def test_what_cannot_be_signed_is_said(crypto, key, identifier):
    with pytest.raises(SignatureError):
        crypto.sign_statement(an_assertion(), ASSERTED, key, identifier)


def test_a_signature_is_verified_or_refused_never_false(crypto, identity, in_file):
    document = signed(f"{ASSERTION}Assertion", identity)
    for identifier in ("_assertion", None):
        assert crypto.validate_signature(document.decode(), in_file(identity), "pem", ASSERTED, identifier) is True
    refused = [
        (document.replace(b"jeanne", b"marie"), ASSERTED, "_assertion"),
        (document, ASSERTED, "_other"),
        (document, "urn:oasis:names:tc:SAML:2.0:protocol:Response", "_assertion"),
        (b"<!DOCTYPE a>" + document, ASSERTED, "_assertion"),
        (TEXTS[f"{ASSERTION}Assertion"], ASSERTED, "_assertion"),
    ]
    for sent, name, identifier in refused:
        with pytest.raises(SignatureError):
            crypto.validate_signature(sent, in_file(identity), "pem", name, identifier)
    with pytest.raises(SignatureError):
        crypto.validate_signature(document, in_file(an_identity("other.example")), "pem", ASSERTED, "_assertion")


def test_a_file_that_changes_is_another_key(crypto, identity, in_file):
    """pysaml2 writes each certificate into a fresh file, whose name may come again."""
    document = signed(f"{ASSERTION}Assertion", identity)
    assert crypto.validate_signature(document, in_file(identity), "pem", ASSERTED, "_assertion")
    with pytest.raises(SignatureError):
        crypto.validate_signature(document, in_file(an_identity("other.example")), "pem", ASSERTED, "_assertion")


def test_what_pysaml2_asks_to_encrypt_is_encrypted_by_aes_gcm_and_decrypted(crypto, identity, in_file):
    """Whatever its template says, which is Triple DES."""
    sent = crypto.encrypt_assertion(a_response(), in_file(identity), pre_encryption_part(), "des-192")
    method = etree.fromstring(sent).find(f".//{XENC}EncryptedData/{XENC}EncryptionMethod")
    assert method.get("Algorithm") == "http://www.w3.org/2009/xmlenc11#aes256-gcm"
    assert "jeanne" not in sent
    assert "jeanne" in crypto.decrypt(sent, "current")


def test_what_cannot_be_encrypted_or_decrypted_is_said(crypto, in_file):
    with pytest.raises(EncryptError):
        crypto.encrypt_assertion(a_response(), in_file(an_identity(key_type="ec")), None)
    with pytest.raises(EncryptError):
        crypto.encrypt_assertion(a_response(), in_file(an_identity()), None, node_xpath="/nothing")
    sent = crypto.encrypt_assertion(a_response(), in_file(an_identity("other.example")), None)
    for document, key in ((sent, "current"), (sent, "forgotten"), ("<a>", "current")):
        with pytest.raises(DecryptError):
            crypto.decrypt(document, key)
