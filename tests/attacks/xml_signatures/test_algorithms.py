"""Prevents: a removed signature, and a signature by a weak algorithm or by one that the key is not for."""

from base64 import b64encode
from hmac import digest as hmac

import pytest
from lxml import etree

from config.xml import read_xml
from idp.keys.certificates import as_pem
from idp.saml.xmlsec.algorithms import ACCEPTED, BY_URI, accepted
from idp.saml.xmlsec.verification import SignatureFault, SignatureRefused, verify_signature
from relying_parties.registration.saml_sp import WeakAlgorithm
from tests.attacks.xml_signatures.signatures import ASSERTED, HONEST, MORE, XMLDSIG, canonical, received, refusal
from tests.builders.xml import DS, SIGNED_KINDS, TEXTS, an_identity, signed


@pytest.mark.parametrize("kind", SIGNED_KINDS)
def test_a_message_whose_signature_was_removed_is_refused(kind):
    assert refusal(TEXTS[kind].encode()) is SignatureFault.MISSING


@pytest.mark.parametrize("emptied", ["SignatureValue", "DigestValue"])
def test_an_empty_signature_is_refused(emptied):
    root = etree.fromstring(signed(ASSERTED))
    root.find(f".//{DS}{emptied}").text = ""
    assert refusal(received(root)) is SignatureFault.WRONG


@pytest.mark.parametrize(
    "name",
    ["SignedInfo", "SignatureValue", "CanonicalizationMethod", "SignatureMethod", "Reference", "Transforms",
     "DigestMethod", "DigestValue"],
)  # fmt: skip
def test_an_incomplete_signature_is_refused(name):
    root = etree.fromstring(signed(ASSERTED))
    part = root.find(f".//{DS}{name}")
    part.getparent().remove(part)
    assert refusal(received(root)) is SignatureFault.MALFORMED


def test_a_signature_in_another_namespace_counts_as_missing():
    document = signed(ASSERTED).replace(XMLDSIG.encode(), b"http://www.w3.org/2000/09/xmldsig")
    assert refusal(document) is SignatureFault.MISSING


WEAK = [
    f"{XMLDSIG}rsa-sha1", f"{XMLDSIG}dsa-sha1", f"{XMLDSIG}hmac-sha1", f"{MORE}hmac-sha256", f"{MORE}hmac-md5",
    f"{MORE}rsa-md5", f"{MORE}rsa-ripemd160", f"{MORE}ecdsa-sha1", "none", "", f"{MORE}rsa-sha256 ",
]  # fmt: skip


@pytest.mark.parametrize("method", WEAK)
def test_a_weak_or_unknown_signature_algorithm_is_refused_before_anything_is_computed(method):
    root = etree.fromstring(signed(ASSERTED))
    root.find(f".//{DS}SignatureMethod").set("Algorithm", method)
    assert refusal(received(root)) is SignatureFault.ALGORITHM


@pytest.mark.parametrize("method", [f"{XMLDSIG}sha1", f"{MORE}md5", f"{MORE}sha224", "", f"{XMLDSIG}base64"])
def test_a_weak_or_unknown_digest_is_refused(method):
    root = etree.fromstring(signed(ASSERTED))
    root.find(f".//{DS}DigestMethod").set("Algorithm", method)
    assert refusal(received(root)) is SignatureFault.ALGORITHM


@pytest.mark.parametrize("secret", ["pem", "der", "certificate"])
def test_an_hmac_with_the_public_key_as_secret_is_refused(secret):
    """A known attack on JOSE libraries."""
    pem = as_pem(HONEST.certificate).encode()
    octets = {"pem": pem, "der": HONEST.certificate.encode(), "certificate": pem.strip()}[secret]
    root = etree.fromstring(signed(ASSERTED))
    root.find(f".//{DS}SignatureMethod").set("Algorithm", f"{MORE}hmac-sha256")
    value = hmac(octets, canonical(root.find(f".//{DS}SignedInfo")), "sha256")
    root.find(f".//{DS}SignatureValue").text = b64encode(value).decode()
    assert refusal(received(root)) is SignatureFault.ALGORITHM


def test_an_exception_permits_only_its_algorithm():
    every = accepted(tuple(WeakAlgorithm))
    assert every.signatures - ACCEPTED.signatures == {f"{XMLDSIG}rsa-sha1"}
    assert every.digests - ACCEPTED.digests == {f"{XMLDSIG}sha1"}
    assert every.signatures <= set(BY_URI)
    assert not any(word in uri for uri in BY_URI for word in ("hmac", "md5", "dsa-sha1", "ripemd"))


def test_an_rsa_signature_is_not_verified_with_an_elliptic_key_nor_the_reverse():
    root = read_xml(signed(ASSERTED))
    with pytest.raises(SignatureRefused) as refused:
        verify_signature(root, root, [an_identity(key_type="ec").certificate])
    assert refused.value.reason is SignatureFault.NO_KEY
