"""idp/saml/bindings/redirect_signature.py: SAML V2.0 Bindings, section 3.4.4.1."""

from base64 import b64decode, b64encode
from urllib.parse import parse_qs, quote, quote_plus, unquote, unquote_plus

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from saml2.s_utils import deflate_and_base64_encode
from saml2.sigver import RSACrypto, verify_redirect_signature

from idp.saml.bindings.redirect_signature import sign_query, verify_query
from idp.saml.xmlsec.algorithms import SIGNATURES, accepted
from idp.saml.xmlsec.key_cache import private_key
from idp.saml.xmlsec.verification import SignatureFault, SignatureRefused
from relying_parties.registration.saml_sp import SignatureAlgorithm, WeakAlgorithm
from tests.builders.xml import an_identity

RSA_SHA256 = SignatureAlgorithm.RSA_SHA256
SHA1_URI = "http://www.w3.org/2000/09/xmldsig#rsa-sha1"
REQUEST = {"SAMLRequest": "fZFfa8IwFMXf+/k==", "RelayState": "où / quand? ~a+b"}


@pytest.fixture
def messaging():
    return an_identity("messagerie.example")


def signer_for(algorithm):
    return an_identity("messagerie.example", key_type=SIGNATURES[algorithm].key_type)


def refusal(query, *by, **named) -> SignatureFault:
    with pytest.raises(SignatureRefused) as refused:
        verify_query(query, [identity.certificate for identity in by], **named)
    return refused.value.reason


@pytest.mark.parametrize("algorithm", SignatureAlgorithm)
@pytest.mark.parametrize("message", ["SAMLRequest", "SAMLResponse"])
@pytest.mark.parametrize("relay_state", [None, "", "état"])
def test_our_signatures_verify(algorithm, message, relay_state):
    parameters = {message: REQUEST["SAMLRequest"]} | ({} if relay_state is None else {"RelayState": relay_state})
    query = sign_query(parameters, signer_for(algorithm), algorithm)
    verify_query(query, [signer_for(algorithm).certificate])
    read = parse_qs(query, keep_blank_values=True)
    assert {name: value for name, (value,) in read.items() if name in parameters} == parameters
    assert list(read) == [*parameters, "SigAlg", "Signature"]


def test_pysaml2_verifies_our_signatures(messaging):
    """Service providers use it. It encodes the parameters again, as we do."""
    query = sign_query(REQUEST, messaging, RSA_SHA256)
    parameters = {name: value for name, (value,) in parse_qs(query).items()}
    assert verify_redirect_signature(parameters, RSACrypto(None), messaging.certificate)


@pytest.mark.parametrize("written", [str.upper, str.lower], ids=["%2B", "%2b"])
def test_the_query_is_verified_as_it_was_sent(messaging, written):
    """Entra ID, AD FS and .NET escape in lower case."""
    query = signed_by_hand(messaging, escape=lambda text: _cased(quote(text, safe=""), written))
    verify_query(query, [messaging.certificate])
    assert refusal(_cased(query, str.swapcase), messaging) is SignatureFault.WRONG


@pytest.mark.parametrize("where", ["SAMLRequest", "RelayState", "Signature"])
def test_a_changed_octet_is_refused(messaging, where):
    query = sign_query(REQUEST, messaging, RSA_SHA256)
    escaped = dict(part.split("=", 1) for part in query.split("&"))[where]
    text = unquote_plus(escaped)
    changed = text[:3] + ("A" if text[3] != "A" else "B") + text[4:]
    assert refusal(query.replace(escaped, quote_plus(changed)), messaging) is SignatureFault.WRONG


def test_a_changed_algorithm_is_refused(messaging):
    query = sign_query(REQUEST, messaging, RSA_SHA256)
    assert refusal(query.replace("rsa-sha256", "rsa-sha512"), messaging) is SignatureFault.WRONG
    assert refusal(query.replace("rsa-sha256", "ecdsa-sha256"), messaging) is SignatureFault.NO_KEY


@pytest.mark.parametrize(
    "uri",
    [
        SHA1_URI,
        "http://www.w3.org/2000/09/xmldsig#hmac-sha1",
        "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256",
        "http://www.w3.org/2001/04/xmldsig-more#rsa-md5",
        "http://www.w3.org/2000/09/xmldsig#dsa-sha1",
        "none",
        "",
    ],
)
def test_weak_and_unknown_algorithms_are_refused(messaging, uri):
    query = signed_by_hand(messaging, uri=uri)
    assert refusal(query, messaging) is SignatureFault.ALGORITHM


def test_sha1_needs_an_exception(messaging):
    query = signed_by_hand(messaging, uri=SHA1_URI, digest=SHA1())  # noqa: S303
    verify_query(query, [messaging.certificate], allowed=accepted((WeakAlgorithm.RSA_SHA1,)))


@pytest.mark.parametrize("repeated", ["SAMLRequest", "RelayState", "SigAlg", "Signature", "SAMLEncoding"])
def test_a_repeated_parameter_is_refused(messaging, repeated):
    """The one that was signed and the one that is read could differ."""
    query = sign_query(REQUEST, messaging, RSA_SHA256)
    for more in (f"{repeated}=x", f"%{ord(repeated[0]):x}{repeated[1:]}=x", repeated):
        doubled = f"{query}&{more}" if repeated != "SAMLEncoding" else f"{query}&{more}&{more}"
        assert refusal(doubled, messaging) is SignatureFault.MALFORMED


@pytest.mark.parametrize("name", ["SAMLRequest", "RelayState", "SigAlg", "Signature"])
def test_a_parameter_whose_name_is_escaped_is_refused(messaging, name):
    """It would be read without being signed."""
    query = sign_query(REQUEST, messaging, RSA_SHA256).replace(f"{name}=", f"%{ord(name[0]):x}{name[1:]}=")
    assert refusal(query, messaging) is SignatureFault.MALFORMED


@pytest.mark.parametrize("query", ["", "SigAlg=a&Signature=b", "SAMLRequest=a&SAMLResponse=b&SigAlg=c&Signature=d"])
def test_a_query_must_have_exactly_one_message(messaging, query):
    assert refusal(query, messaging) is SignatureFault.MALFORMED


def test_a_removed_signature_is_refused_as_missing(messaging):
    query = sign_query(REQUEST, messaging, RSA_SHA256)
    without = query[: query.index("&Signature=")]
    assert refusal(without, messaging) is SignatureFault.MISSING
    assert refusal(query[: query.index("&SigAlg=")], messaging) is SignatureFault.MISSING


def test_a_signature_that_is_not_base64_is_refused(messaging):
    query = sign_query(REQUEST, messaging, RSA_SHA256)
    assert refusal(query[: query.index("&Signature=")] + "&Signature=%C3%A9", messaging) is SignatureFault.MALFORMED
    assert refusal(query.replace("SAMLRequest=f", "SAMLRequest=é"), messaging) is SignatureFault.MALFORMED


def test_line_breaks_and_unescaped_plus_signs_in_base64_are_accepted(messaging):
    """Senders should remove line feeds (3.4.4.1); some do not."""
    signed, _, signature = sign_query(REQUEST, messaging, RSA_SHA256).partition("&Signature=")
    octets = unquote(signature)
    for written in (quote(octets[:64] + "\n" + octets[64:]), octets):
        verify_query(f"{signed}&Signature={written}", [messaging.certificate])


def test_other_parameters_and_their_order_do_not_matter(messaging):
    """The specification gives the order of the signed octets: 3.4.4.1."""
    parts = sign_query(REQUEST, messaging, RSA_SHA256).split("&")
    verify_query("&".join(["lang=fr", *reversed(parts), "x=1", "x=2"]), [messaging.certificate])


def test_an_ecdsa_signature_may_be_two_numbers_or_der(messaging):
    """RFC 9231 section 2.3.6 has two numbers; some libraries send the DER of OpenSSL."""
    ec = signer_for(SignatureAlgorithm.ECDSA_SHA256)
    query = sign_query(REQUEST, ec, SignatureAlgorithm.ECDSA_SHA256)
    signed, _, signature = query.partition("&Signature=")
    assert len(b64decode(unquote(signature))) == 64
    der = private_key(ec.private_key).sign(signed.encode(), ECDSA(SHA256()))
    verify_query(f"{signed}&Signature={quote(b64encode(der))}", [ec.certificate])


def test_a_signature_by_either_of_two_certificates_verifies(messaging):
    query = sign_query(REQUEST, messaging, RSA_SHA256)
    verify_query(query, [an_identity("newer.example").certificate, messaging.certificate])
    assert refusal(query, an_identity("newer.example")) is SignatureFault.WRONG
    assert refusal(query, an_identity(key_type="ec")) is SignatureFault.NO_KEY
    assert refusal(query) is SignatureFault.NO_KEY


def test_signing_with_an_algorithm_of_another_key_type_is_refused(messaging):
    with pytest.raises(ValueError, match="does not sign with"):
        sign_query(REQUEST, messaging, SignatureAlgorithm.ECDSA_SHA256)


def signed_by_hand(identity, *, uri=SIGNATURES[RSA_SHA256].uri, digest=None, escape=quote) -> str:
    """The same query, as another library might write it."""
    message = deflate_and_base64_encode("<samlp:AuthnRequest/>").decode()
    signed = f"SAMLRequest={escape(message)}&RelayState={escape('a+b/c=')}&SigAlg={escape(uri)}"
    signature = private_key(identity.private_key).sign(signed.encode(), PKCS1v15(), digest or SHA256())
    return f"{signed}&Signature={escape(b64encode(signature).decode())}"


def _cased(query: str, written) -> str:
    """The same query with other escapes."""
    parts = query.split("%")
    return "%".join([parts[0], *(written(part[:2]) + part[2:] for part in parts[1:])])
