"""What pysaml2 7.5.5 does by default, and we do not: one test a trap, named after it.

Where pysaml2's own behaviour is cheap to show it is shown too, so that an upgrade
which mends it is noticed. The traps that a request from outside would step into
are in tests/attacks/endpoints/test_saml_request_octets.py and tests/attacks/test_hostile_xml.py.
"""

import gc
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from lxml import etree
from saml2 import saml
from saml2.assertion import filter_attribute_value_assertions
from saml2.config import IdPConfig
from saml2.mdstore import InMemoryMetaData
from saml2.server import Server
from saml2.sigver import RSACrypto, SecurityContext
from saml2.validate import VALIDATOR, NotValid, valid_date_time

from idp.accounts.snapshot import AccountSnapshot
from idp.attribute_release import Recipient, SamlAttribute, released, saml_attributes
from idp.saml.bindings.redirect_signature import sign_query, verify_query
from idp.saml.errors import Status
from idp.saml.pysaml2.adapter import SamlProvider
from idp.saml.pysaml2.messages import AssertionData, NameId
from idp.saml.sp_metadata.faults import MetadataRefused
from idp.saml.sp_metadata.verification import verify
from idp.saml.vocabulary import NameIdFormat, StatusCode, TopStatus
from idp.saml.xmlsec.verification import SignatureRefused
from relying_parties.registration.saml_sp import SignatureAlgorithm
from relying_parties.sp_metadata.service_provider import AttributeConsumingService, Binding, RequestedAttribute
from tests.builders.metadata import MESSAGING, a_signer, an_entity, in_days
from tests.builders.saml import CONSUMER, ENTITY_ID, a_service_provider
from tests.builders.xml import an_identity

ISSUER = "https://id.example"
ENTITY = f"{ISSUER}/saml/metadata"
NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
SAML = "{urn:oasis:names:tc:SAML:2.0:assertion}"

JEANNE = AccountSnapshot(
    account_id="1",
    login="jdupont",
    given_name="Jeanne",
    family_name="Dupont",
    email="jeanne.dupont@exemple.test",
    email_verified=True,
    profession=None,
    national_id=None,
    national_id_proof=None,
    language="fr",
    created_at=NOW,
    valid_from=NOW,
    disabled=False,
    password_set_at=NOW,
    must_change=False,
    entitlements={},
    memberships={},
    conditions=None,
)


@pytest.fixture(scope="module")
def provider() -> SamlProvider:
    return SamlProvider(entity_id=ENTITY, issuer=ISSUER, clock_skew=timedelta(minutes=2))


@pytest.fixture(scope="module")
def stock() -> Server:
    """pysaml2's identity provider with the minimal configuration of its documentation."""
    service = {"idp": {"endpoints": {"single_sign_on_service": [(f"{ISSUER}/sso", Binding.REDIRECT.value)]}}}
    return Server(config=IdPConfig().load({"entityid": ENTITY, "xmlsec_binary": __file__, "service": service}))


def made(**changes) -> AssertionData:
    said = AssertionData(
        service_provider=ENTITY_ID,
        consumer_url=CONSUMER,
        in_response_to="_asked",
        name_id=NameId(value="n-1", format=NameIdFormat.PERSISTENT.value, name_qualifier=ENTITY),
        class_ref="urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport",
        authenticated_at=NOW,
        session_index="_index",
        session_ends_at=NOW + timedelta(hours=4),
        attributes=[SamlAttribute(name="urn:oid:2.5.4.42", friendly_name="givenName", values=("Jeanne", "Marie"))],
        made_at=NOW,
        valid_until=NOW + timedelta(minutes=5),
    )
    return replace(said, **changes)


def answered(provider: SamlProvider, **changes) -> etree._Element:
    return etree.fromstring(provider.response(made(**changes)).text)


def test_our_configuration_signs_with_no_sha1_and_needs_no_file(provider):
    """By default pysaml2 signs with SHA-1, or not at all."""
    server = provider._server
    assert server.signing_algorithm.endswith("#rsa-sha256")
    assert server.digest_algorithm.endswith("#sha256")
    assert (server.config.key_file, server.config.cert_file) == (None, None)


def test_pysaml2_signs_with_sha1_by_default(stock):
    """sigver reads the algorithm of the context `idp`; without one it takes rsa-sha1."""
    assert stock.signing_algorithm.endswith("#rsa-sha1")


def test_the_option_that_disables_signature_checks_is_not_set(provider):
    """want_authn_requests_only_with_valid_cert disables the check of signatures, although its name sounds stricter."""
    assert not provider._server.config.getattr("want_authn_requests_only_with_valid_cert", "idp")


def test_calls_by_pysaml2_would_verify_tls_and_have_a_timeout(provider, stock):
    """verify_ssl_cert is False and http_client_timeout None by default. pysaml2 makes no calls here."""
    assert (stock.config.verify_ssl_cert, stock.config.http_client_timeout) == (False, None)
    assert provider._server.config.verify_ssl_cert
    assert provider._server.config.http_client_timeout


@pytest.mark.slow
def test_no_assertion_is_kept(provider, stock):
    """pysaml2's session_db keeps 10 kB for each login, for ever."""
    for _ in range(20):
        provider.response(made())
    gc.collect()
    assert [each for each in gc.get_objects() if type(each) is saml.Assertion] == []
    assert hasattr(stock.session_db, "assertion")
    assert provider._server.session_db.__dict__ == {}


def test_pysaml2_makes_and_keeps_no_name_id(provider, stock):
    """IdentDB makes them in each worker, two for one person under load, and keeps transient ones for ever."""
    assert stock.ident is not None
    assert provider._server.ident is None
    subject = answered(provider).find(f".//{SAML}NameID")
    assert subject is not None
    assert subject.text == "n-1"


def test_identifiers_cannot_be_guessed(provider):
    """Core 1.3.4: at least 128 bits, 160 recommended; pysaml2 has 17 letters or digits, 101 bits."""
    documents = [answered(provider) for _ in range(50)]
    identifiers = [each.get("ID") for document in documents for each in document.iter() if each.get("ID")]
    assert len(identifiers) == len(set(identifiers)) == 100
    assert {len(identifier) for identifier in identifiers} == {41}
    assert all(identifier[0] == "_" and bytes.fromhex(identifier[1:]) for identifier in identifiers)


def test_an_assertion_is_valid_for_minutes_and_from_before_now(provider):
    """pysaml2's default is an hour from the current second: a service provider whose clock is behind refuses it."""
    conditions = answered(provider).find(f".//{SAML}Conditions")
    assert conditions is not None
    assert conditions.attrib == {"NotBefore": "2026-01-05T08:58:00Z", "NotOnOrAfter": "2026-01-05T09:05:00Z"}
    confirmed = answered(provider).find(f".//{SAML}SubjectConfirmationData")
    assert confirmed is not None
    assert confirmed.attrib == {
        "NotOnOrAfter": "2026-01-05T09:05:00Z",
        "Recipient": CONSUMER,
        "InResponseTo": "_asked",
    }


def test_only_released_attributes_are_in_the_assertion(provider):
    """pysaml2's Policy releases every attribute by default; it only receives the released ones here."""
    names = [each.get("Name") for each in answered(provider).iter(f"{SAML}Attribute")]
    assert names == ["urn:oid:2.5.4.42"]
    assert list(answered(provider, attributes=[]).iter(f"{SAML}AttributeStatement")) == []


def test_attribute_values_have_no_xsi_type(provider):
    """pysaml2 writes xsi:type="xs:string", whose prefix is not declared in a separated assertion."""
    values = list(answered(provider).iter(f"{SAML}AttributeValue"))
    assert [value.text for value in values] == ["Jeanne", "Marie"]
    assert [dict(value.attrib) for value in values] == [{}, {}]


def test_an_unsolicited_response_has_no_in_response_to(provider):
    """Profiles 4.1.5: neither on the Response nor in the confirmation."""
    assert "InResponseTo" not in provider.response(made(in_response_to=None)).text


def test_a_refusal_has_the_given_top_level_status(provider):
    """pysaml2's create_error_response always has Responder."""
    status = Status(top=TopStatus.REQUESTER, second=StatusCode.INVALID_NAMEID_POLICY, message="no")
    document = provider.refusal(status, in_response_to="_asked", consumer_url=CONSUMER)
    codes = [each.get("Value") for each in document.iter("{urn:oasis:names:tc:SAML:2.0:protocol}StatusCode")]
    assert codes == [TopStatus.REQUESTER.value, StatusCode.INVALID_NAMEID_POLICY.value]
    assert document.find(f"{SAML}Assertion") is None


def test_pysaml2_has_no_metadata_of_service_providers(provider):
    """Its MetadataStore loads every entity into each worker, 27 kB each; here the registry has them."""
    provider.response(made())
    assert not provider._server.metadata
    assert provider._server.metadata.certs(ENTITY_ID, "any", "encryption") == []


def test_threads_share_one_server_without_mixing_answers(provider):
    def is_its_own(number: int) -> bool:
        text = provider.response(
            made(in_response_to=f"_{number}", name_id=NameId(value=f"n-{number}"), service_provider=f"urn:{number}")
        ).text
        return all(each in text for each in (f'InResponseTo="_{number}"', f">n-{number}<", f">urn:{number}<"))

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(is_its_own, range(400)))


def test_no_program_is_run_and_no_file_is_written(provider, monkeypatch):
    """pysaml2 runs xmlsec1 twice for each signature and three times to verify one, with temporary files in clear."""

    def forbidden(*_: object, **__: object) -> None:
        raise AssertionError("pysaml2 was about to sign, verify or write")

    for name in ("sign_statement", "_check_signature", "correctly_signed_message"):
        monkeypatch.setattr(SecurityContext, name, forbidden)
    monkeypatch.setattr("saml2.sigver.make_temp", forbidden)
    monkeypatch.setattr("subprocess.Popen", forbidden)
    provider.response(made())


def test_pysaml2_accepts_metadata_without_a_signature_although_a_certificate_is_configured(stock):
    """mdstore: no signature, no check (its issue 1037). The rest: tests/attacks/metadata."""
    stripped = an_entity(attributes=f'ID="_entity" validUntil="{in_days(7)}"')
    taken = InMemoryMetaData(None, security=stock.sec)
    taken.cert = "federation.pem"
    assert taken.parse_and_check_signature(stripped)
    assert list(taken.keys()) == [MESSAGING]
    with pytest.raises(MetadataRefused):
        verify(stripped.encode(), certificates=[a_signer().certificate], now=datetime.now(UTC), ceiling=timedelta(90))


def test_pysaml2_releases_a_value_that_only_starts_like_the_requested_one():
    """Its restrictions match the start of a value; attribute_release.py compares the whole value."""
    evil = "a@clb.example.attacker.example"
    restrictions = {"mail": [re.compile(r".*@clb\.example")]}
    assert filter_attribute_value_assertions({"mail": [evil]}, restrictions) == {"mail": [evil]}
    asked = RequestedAttribute(name="mail", values=("a@clb.example",))
    services = (AttributeConsumingService(index=0, attributes=(asked,)),)
    leaving = released(frozenset({"email"}), a_service_provider(attribute_consuming_services=services))
    recipient = Recipient("messagerie", NOW)
    assert saml_attributes(replace(JEANNE, email=evil), leaving, recipient) == []
    assert saml_attributes(replace(JEANNE, email="a@clb.example"), leaving, recipient) != []


def test_pysaml2_shares_one_redirect_signer_in_the_process_and_ours_keeps_no_state():
    """sigver.SIGNER_ALGS keeps the key that was set last."""
    algorithm = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
    signer = RSACrypto("the key of one").get_signer(algorithm)
    RSACrypto("the key of another").get_signer(algorithm)
    assert signer.key == "the key of another"

    own, others = an_identity("one.example"), an_identity("another.example")

    def is_signed_by_itself(number: int) -> bool:
        mine, not_mine = (own, others) if number % 2 else (others, own)
        query = sign_query({"SAMLResponse": f"{number}"}, mine, SignatureAlgorithm.RSA_SHA256)
        verify_query(query, [mine.certificate])
        with pytest.raises(SignatureRefused):
            verify_query(query, [not_mine.certificate])
        return True

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(is_signed_by_itself, range(60)))


# --- and yet it carries the flow -------------------------------------------------------------


def test_pysaml2_carries_each_login(idp, browser, jeanne, messagerie, monkeypatch):
    """pysaml2 must read every request and make every response."""
    calls = []

    def counted(name: str):
        original = getattr(Server, name)

        def call(self, *arguments, **named):
            calls.append(name)
            return original(self, *arguments, **named)

        return call

    for name in ("_parse_request", "create_authn_response"):
        monkeypatch.setattr(Server, name, counted(name))
    messagerie.signs_on(browser.logs_in(jeanne, to=messagerie))
    assert calls == ["_parse_request", "create_authn_response"]


def test_pysaml2_has_nothing_to_sign_verify_encrypt_or_decrypt_with(provider):
    assert provider._server.sec.crypto is None


@pytest.mark.parametrize("text", ["2026-1-5T8:0:0Z", "2026-01-05T08:00:00.Z", "2026-02-31T08:00:00Z", "2026-01-05", ""])
def test_text_that_is_not_an_xs_date_time_is_refused(text):
    """pysaml2's time_util.str_to_time accepts the first two, and whatever else strptime accepts."""
    with pytest.raises(NotValid):
        VALIDATOR["dateTime"](text)


@pytest.mark.parametrize("text", ["2026-01-05T08:00:00Z", "2026-01-05T08:00:00", "2026-01-05T08:00:00.123456789Z"])
def test_an_xs_date_time_is_accepted(text):
    assert VALIDATOR["dateTime"](text)
    assert valid_date_time(text)
