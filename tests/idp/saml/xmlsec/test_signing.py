"""XML signatures made and verified in process; the xmlsec1 program is a second implementation."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
import xmlsec
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from config.xml import read_xml
from idp.saml.xmlsec.algorithms import SIGNATURES, accepted
from idp.saml.xmlsec.signing import sign
from idp.saml.xmlsec.verification import SIGNATURE, SignatureFault, SignatureRefused, verify_signature
from relying_parties.registration.saml_sp import SignatureAlgorithm, WeakAlgorithm
from tests.builders.xml import ASSERTION, DS, PROTOCOL, SIGNED_KINDS, TEXTS, an_identity, signed, signed_text

RESPONSE, ASSERTED = f"{PROTOCOL}Response", f"{ASSERTION}Assertion"
BOTH = [(ASSERTED, "_assertion"), (RESPONSE, "_response")]
SHA1 = "http://www.w3.org/2000/09/xmldsig#sha1"


@pytest.fixture
def service_provider():
    return an_identity("sp.example")


def signer_for(algorithm):
    return an_identity(key_type=SIGNATURES[algorithm].key_type)


@pytest.mark.parametrize("algorithm", SignatureAlgorithm)
@pytest.mark.parametrize("kind", SIGNED_KINDS)
def test_our_signatures_verify(kind, algorithm):
    root = read_xml(signed(kind, signer_for(algorithm), algorithm))
    verify_signature(root, root, [signer_for(algorithm).certificate])


@pytest.mark.slow
@pytest.mark.parametrize("algorithm", SignatureAlgorithm)
def test_xmlsec1_verifies_our_signatures_and_refuses_changed_documents(xmlsec1, algorithm):
    signer = signer_for(algorithm)
    document = signed_text(TEXTS[RESPONSE], BOTH, signer, algorithm)
    root = etree.fromstring(document)
    changed = document.replace(b"jeanne@", b"jeanine@")
    for element in (root, root.find(ASSERTED)):
        assert xmlsec1.verifies(document, signer.certificate, element)
        assert not xmlsec1.verifies(changed, signer.certificate, element)
        assert not xmlsec1.verifies(document, an_identity("other.example").certificate, element)


@pytest.mark.slow
@pytest.mark.parametrize("algorithm", SignatureAlgorithm)
def test_we_verify_the_signatures_of_xmlsec1_and_refuse_changed_documents(xmlsec1, algorithm):
    signer = signer_for(algorithm)
    template = emptied(signed(f"{PROTOCOL}AuthnRequest", signer, algorithm))
    document = xmlsec1.signs(template, signer, read_xml(template))
    root = read_xml(document)
    verify_signature(root, root, [signer.certificate])
    changed = read_xml(document.replace(b"https://sp.example/acs", b"https://sp.example/ACS"))
    assert refusal(changed, changed, signer) is SignatureFault.WRONG


texts = st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff"), max_size=30)


@given(texts, texts, st.sampled_from(SignatureAlgorithm))
def test_xmlsec_verifies_our_signature_of_any_text_and_refuses_changed_documents(text, attribute, algorithm):
    """xmlsec computes the canonical form itself: if ours differed, others would refuse our signatures."""
    root = etree.fromstring(TEXTS[ASSERTED])
    root[1][0].text, signer = f"{text}é<&>\n", signer_for(algorithm)
    root[1].set("Name", f'{attribute}"\n\t')
    sign([root], signer, algorithm)
    written = read_xml(etree.tostring(root))
    verify_signature(written, written, [signer.certificate])
    written[2][0].text += "."
    assert refusal(written, written, signer) is SignatureFault.WRONG


@pytest.mark.parametrize("declared", ["ds", "dsig", "sig"])
def test_a_document_that_declares_the_namespace_of_signatures_is_signed_correctly(service_provider, declared):
    """lxml changes the prefix of an inserted element to the one in scope: SignedInfo is canonicalized after that."""
    text = TEXTS[ASSERTED].replace(" ID=", f' xmlns:{declared}="http://www.w3.org/2000/09/xmldsig#" ID=', 1)
    root = read_xml(signed_text(text, [(ASSERTED, "_assertion")], service_provider, SignatureAlgorithm.RSA_SHA256))
    verify_signature(root, root, [service_provider.certificate])


def test_the_context_of_an_element_is_not_part_of_its_signature(service_provider):
    """Its tail and unused namespaces: an assertion is verified separately, or after decryption."""
    text = TEXTS[RESPONSE].replace("</saml:Assertion>", "</saml:Assertion> a tail ")
    algorithm = SignatureAlgorithm.RSA_SHA256
    root = read_xml(signed_text(text, [(ASSERTED, "_assertion")], service_provider, algorithm))
    alone = read_xml(etree.tostring(root.find(ASSERTED), with_tail=False))
    verify_signature(alone, alone, [service_provider.certificate])
    root.find(ASSERTED).tail = None
    verify_signature(root, root.find(ASSERTED), [service_provider.certificate])


def test_only_one_library_uses_our_private_keys(monkeypatch):
    """xmlsec only verifies."""
    for module in ("verification", "key_cache"):
        monkeypatch.delattr(f"idp.saml.xmlsec.{module}.xmlsec")
    assert etree.fromstring(signed(ASSERTED)).find(SIGNATURE) is not None


def test_the_signature_of_the_response_covers_that_of_the_assertion(service_provider):
    root = read_xml(signed_text(TEXTS[RESPONSE], list(reversed(BOTH)), service_provider, SignatureAlgorithm.RSA_SHA256))
    assertion = root.find(ASSERTED)
    verify_signature(root, root, [service_provider.certificate])
    verify_signature(root, assertion, [service_provider.certificate])
    assertion.find(SIGNATURE).getparent().remove(assertion.find(SIGNATURE))
    assert refusal(root, root, service_provider) is SignatureFault.WRONG


def test_a_tree_is_signed_in_place(service_provider):
    root = etree.fromstring(TEXTS[RESPONSE])
    sign([root.find(ASSERTED)], service_provider, SignatureAlgorithm.RSA_SHA256)
    sign([root], service_provider, SignatureAlgorithm.RSA_SHA256)
    written = read_xml(etree.tostring(root))
    for element in (written, written.find(ASSERTED)):
        verify_signature(written, element, [service_provider.certificate])


@pytest.mark.parametrize(("kind", "place"), [(kind, 0 if kind.endswith("Descriptor") else 1) for kind in SIGNED_KINDS])
def test_the_signature_is_at_the_place_of_the_schema(kind, place):
    """saml-schema-assertion-2.0, saml-schema-protocol-2.0: after Issuer; saml-schema-metadata-2.0: first."""
    assert etree.fromstring(signed(kind))[place].tag == SIGNATURE


def test_our_signatures_follow_the_signature_profile_of_saml(service_provider):
    """Core, sections 5.4.1 to 5.4.4: one Reference to the ID, enveloped and exclusive c14n only."""
    signature = etree.fromstring(signed(ASSERTED)).find(SIGNATURE)
    assert [reference.get("URI") for reference in signature.iter(f"{DS}Reference")] == ["#_assertion"]
    assert [transform.get("Algorithm") for transform in signature.iter(f"{DS}Transform")] == [
        "http://www.w3.org/2000/09/xmldsig#enveloped-signature",
        "http://www.w3.org/2001/10/xml-exc-c14n#",
    ]
    assert [child.text for child in signature.iter(f"{DS}X509Certificate")] == [service_provider.certificate]


def test_signing_with_an_algorithm_of_another_key_type_is_refused(service_provider):
    with pytest.raises(ValueError, match="ecdsa-sha256 does not sign with a key of type rsa"):
        signed(ASSERTED, service_provider, SignatureAlgorithm.ECDSA_SHA256)


def test_a_signature_by_any_of_the_certificates_verifies(service_provider):
    """A service provider that changes its key publishes two certificates."""
    others = [an_identity("other.example").certificate, an_identity(key_type="ec").certificate, "no certificate"]
    root = read_xml(signed(ASSERTED))
    verify_signature(root, root, [*others, service_provider.certificate])
    assert refusal(root, root, *others) is SignatureFault.WRONG
    assert refusal(root, root, *others[1:]) is SignatureFault.NO_KEY


def test_the_dates_of_a_certificate_are_ignored(service_provider):
    """Metadata Interoperability Profile, section 2.6.1: a certificate only carries a key."""
    root = read_xml(signed(ASSERTED))
    with time_machine.travel(datetime.now(UTC) + timedelta(days=10_000)):
        verify_signature(root, root, [service_provider.certificate])


def test_a_key_that_is_too_short_verifies_nothing():
    weak = an_identity("weak.example", size=1024)
    root = read_xml(signed(ASSERTED, weak))
    assert refusal(root, root, weak) is SignatureFault.NO_KEY


def test_sha1_needs_an_exception(service_provider):
    root = read_xml(signed_with_sha1(service_provider))
    assert refusal(root, root, service_provider) is SignatureFault.ALGORITHM
    verify_signature(root, root, [service_provider.certificate], allowed=accepted((WeakAlgorithm.RSA_SHA1,)))
    with pytest.raises(SignatureRefused):
        verify_signature(root, root, [service_provider.certificate], allowed=accepted((WeakAlgorithm.SHA1,)))


def test_threads_sign_and_verify_concurrently(service_provider):
    def one(number: int) -> bytes:
        text = TEXTS[RESPONSE].replace("jeanne@", f"jeanne{number}@")
        root = read_xml(signed_text(text, BOTH, service_provider, SignatureAlgorithm.RSA_SHA256))
        verify_signature(root, root, [service_provider.certificate])
        verify_signature(root, root.find(ASSERTED), [service_provider.certificate])
        return etree.tostring(root)

    with ThreadPoolExecutor(8) as threads:
        written = list(threads.map(one, range(40)))
    assert all(f"jeanne{number}@".encode() in text for number, text in enumerate(written))


def test_xmlsec_and_lxml_share_one_libxml2():
    """They pass trees by address; constraints.txt pins the two together."""
    assert xmlsec.get_libxml_version() == xmlsec.get_libxml_compiled_version() == etree.LIBXML_VERSION


def emptied(document: bytes) -> bytes:
    """The element with an empty signature, for xmlsec1 to sign."""
    root = etree.fromstring(document)
    for name in ("DigestValue", "SignatureValue"):
        root.find(f".//{DS}{name}").text = None
    return etree.tostring(root)


def signed_with_sha1(identity) -> bytes:
    root = etree.fromstring(signed(ASSERTED, identity))
    root.find(f".//{DS}SignatureMethod").set("Algorithm", "http://www.w3.org/2000/09/xmldsig#rsa-sha1")
    root.find(f".//{DS}DigestMethod").set("Algorithm", SHA1)
    context = xmlsec.SignatureContext()
    context.key = xmlsec.Key.from_memory(identity.private_key, xmlsec.constants.KeyDataFormatPem)
    context.register_id(root, "ID")
    context.sign(root.find(SIGNATURE))
    return etree.tostring(root)


def refusal(root, element, *by) -> SignatureFault:
    certificates = [each if isinstance(each, str) else each.certificate for each in by]
    with pytest.raises(SignatureRefused) as refused:
        verify_signature(root, element, certificates)
    return refused.value.reason


@pytest.mark.parametrize("identifier", ['x"><a', "", "1a", "a b", "é", "a\n"])
def test_the_id_of_a_signed_element_must_be_an_ncname(identifier):
    """It is written in the Reference without escaping."""
    element = etree.fromstring(TEXTS[f"{ASSERTION}Assertion"])
    element.set("ID", identifier)
    with pytest.raises(ValueError, match="NCName"):
        sign([element], an_identity(), SignatureAlgorithm.RSA_SHA256)
