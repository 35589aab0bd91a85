"""Certificates and assertions that are forged: none is believed, and none costs more than a moment."""

import time
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtensionOID, NameOID
from hypothesis import example, given
from hypothesis import strategies as st

from card_bridge.assertion import CardAssertion
from card_bridge.identity import CardIdentity
from card_bridge.verification.checks import has_strong_signature, is_issued_by
from card_bridge.verification.presented import PresentedCertificate, Unreadable
from card_bridge.verification.refusals import CardRefused, Refusal
from card_bridge.vocabulary import CardEnvironment
from card_bridge.workstation.virtual.authority import Authority, Environment, Signer
from card_bridge.workstation.virtual.personas import DOCTOR, NURSE, REAL_CATEGORY
from card_bridge.workstation.virtual.profile import Issuer
from config.reference.national_ids import is_national_id
from tests.builders.card_certificates import (
    UNKNOWN_EXTENSION,
    Forged,
    a_stranger,
    forged,
    fort,
    with_an_unused_bit,
    without_parameters,
)
from tests.builders.card_trust import NONCE, ORIGIN, an_assertion, card_trust, issued

MOMENT = 0.05  # seconds of CPU


@pytest.fixture
def trust(authority, database, tmp_path):
    made = card_trust(authority, tmp_path / "authorities", database)
    made.publish()
    return made


def verdict(trust, made):
    return trust.verdict(an_assertion(forged(made)))


def test_the_forger_of_these_tests_can_make_a_good_certificate(trust, authority):
    assert isinstance(verdict(trust, Forged(signer=fort(authority))), CardIdentity)


def test_an_authority_of_the_same_name_with_another_key_is_not_ours(trust, authority):
    stranger = a_stranger(fort(authority).certificate.subject)
    assert verdict(trust, Forged(signer=stranger)) is Refusal.UNTRUSTED
    claimed = Forged(signer=stranger, key_identifier_of=fort(authority).key.public_key())
    assert verdict(trust, claimed) is Refusal.UNTRUSTED


def test_a_certificate_that_signed_itself_is_not_believed(trust, authority):
    key = rsa.generate_private_key(65537, 2048)
    own = Signer(a_stranger(x509.Name([])).certificate, key)
    assert verdict(trust, Forged(signer=own, key=key)) is Refusal.UNTRUSTED
    in_our_name = Forged(signer=own, key=key, issuer_name=fort(authority).certificate.subject,
                         key_identifier_of=fort(authority).key.public_key())  # fmt: skip
    assert verdict(trust, in_our_name) is Refusal.UNTRUSTED


def test_a_card_is_no_authority(trust, authority):
    """RFC 5280 section 6.1.4 (k): the holder of a card cannot issue another card."""
    card = issued(authority)
    holder = Signer(x509.load_der_x509_certificate(card.der), card.key)
    assert verdict(trust, Forged(signer=holder)) is Refusal.UNTRUSTED


def test_a_root_issues_no_cards(trust, authority):
    assert verdict(trust, Forged(signer=authority.root(Issuer.FORT))) is Refusal.UNTRUSTED


def test_the_issuer_must_be_named_as_well_as_sign(trust, authority):
    other = authority.intermediate(Issuer.STANDARD).certificate.subject
    assert verdict(trust, Forged(signer=fort(authority), issuer_name=other)) is Refusal.UNTRUSTED


def test_a_critical_extension_that_is_not_understood_refuses(trust, authority):
    """RFC 5280 section 4.2."""
    unknown = x509.UnrecognizedExtension(UNKNOWN_EXTENSION, b"\x05\x00")
    assert verdict(trust, Forged(signer=fort(authority), extensions=[(unknown, True)])) is Refusal.MALFORMED
    assert isinstance(verdict(trust, Forged(signer=fort(authority), extensions=[(unknown, False)])), CardIdentity)


@pytest.mark.parametrize("missing", [ExtensionOID.KEY_USAGE, ExtensionOID.EXTENDED_KEY_USAGE], ids=str)
def test_a_certificate_that_does_not_say_what_its_key_is_for_is_refused(trust, authority, missing):
    assert verdict(trust, Forged(signer=fort(authority), without=[missing])) is Refusal.WRONG_USAGE


def test_a_certificate_of_an_authority_does_not_log_in(trust, authority):
    is_ca = (x509.BasicConstraints(ca=True, path_length=None), True)
    assert verdict(trust, Forged(signer=fort(authority), extensions=[is_ca])) is Refusal.WRONG_USAGE


def test_anothers_certificate_with_ones_own_signature_is_refused(trust, authority):
    own, hers = issued(authority, NURSE), issued(authority, DOCTOR)
    swapped = replace(an_assertion(own), certificate=hers.der)
    assert trust.verdict(swapped) is Refusal.WRONG_SIGNATURE
    assert trust.verdict(replace(an_assertion(hers), presence=b"q" * 32)) is Refusal.WRONG_SIGNATURE


def test_a_card_that_was_believed_lends_its_certificate_to_nobody(trust, authority):
    """What is remembered of a certificate does not spare the signature."""
    hers = issued(authority, DOCTOR)
    assert isinstance(trust.verdict(an_assertion(hers)), CardIdentity)
    assert (
        trust.verdict(replace(an_assertion(issued(authority, NURSE)), certificate=hers.der)) is Refusal.WRONG_SIGNATURE
    )
    for signature in (b"\0" * 256, b"\xff" * 256, b"\1", an_assertion(hers).signature[:-1]):
        assert trust.verdict(replace(an_assertion(hers), signature=signature)) is Refusal.WRONG_SIGNATURE


def test_test_cards_and_real_cards_are_never_taken_for_one_another(
    trust, authority, authority_folder, database, tmp_path
):
    real = Authority(authority_folder, address="http://127.0.0.1:2", environment=Environment.REAL, authority_bits=2048)
    in_use = card_trust(real, tmp_path / "real", database, environment=CardEnvironment.REAL)
    in_use.publish()
    assert isinstance(in_use.verdict_on(REAL_CATEGORY), CardIdentity)
    assert in_use.verdict_on(DOCTOR) is Refusal.WRONG_CATEGORY  # says test, issued by a real authority
    assert in_use.verdict(an_assertion(issued(authority, DOCTOR))) is Refusal.UNTRUSTED
    assert trust.verdict(an_assertion(issued(real, REAL_CATEGORY))) is Refusal.UNTRUSTED
    assert trust.verdict_on(REAL_CATEGORY) is Refusal.WRONG_CATEGORY
    for category in (0x02, 0x03, 0x82, 0x83):  # modules and software certificates
        assert trust.verdict_on(DOCTOR, category=category) is Refusal.WRONG_CATEGORY


@pytest.mark.parametrize(
    "common_name",
    [
        "",
        "99700123450",  # without the type
        "099700123450",  # an RPPS number under the type of ADELI
        "8997001234500",
        "89970012345",
        "８99700123450",  # a full-width digit
        "8९9700123450",
        "899700123450 ",
        "899700123450\n",
        "899700123450\0",
        "2899700123450",
        "9123456789",
        "899700123450/1",
        "3/1",
        "3990000018/" + "1" * 17,
        "7990000018/1",
    ],
    ids=ascii,
)
def test_a_common_name_of_another_form_is_no_identifier_of_a_person(common_name):
    assert not is_national_id(common_name)


@pytest.mark.parametrize(
    "common_name",
    ["899700123450", "0759912345", "00B6087510", "3760021832/000000018", "512345678901234/CPAT0001", "1759912345/12"],
)
def test_the_identifiers_of_every_type_are_recognised(common_name):
    assert is_national_id(common_name)


def test_a_card_whose_common_name_is_no_identifier_does_not_log_in(trust, authority):
    other = replace(DOCTOR, holder=replace(DOCTOR.holder, national_id="899700200019/899700123450"))
    assert verdict(trust, Forged(signer=fort(authority), persona=other)) is Refusal.NO_IDENTIFIER


def test_a_subject_with_two_common_names_has_no_identifier(trust, authority):
    names = [x509.NameAttribute(NameOID.COMMON_NAME, each) for each in ("899700123450", "899700200019")]
    assert verdict(trust, Forged(signer=fort(authority), subject=x509.Name(names))) is Refusal.NO_IDENTIFIER
    assert isinstance(verdict(trust, Forged(signer=fort(authority), subject=x509.Name(names[:1]))), CardIdentity)


def cost_of(check) -> float:
    """The least of three: what others do on this machine only adds."""

    def once() -> float:
        began = time.thread_time()
        check()
        return time.thread_time() - began

    return min(once() for _ in range(3))


@pytest.mark.parametrize(
    "der",
    [
        b"",
        b"\x30",
        b"\x30\x80" * 2_000,
        b"\x30\x82\x0f\xfc" + b"\x30\x80" * 2_046,
        b"\xa0\x03" * 2_000,
        b"\x30\x84\xff\xff\xff\xff" + b"a" * 4_000,
        b"\x00" * 4_096,
        b"\x30\x82\xff\xff" + b"b" * 100_000,
    ],
    ids=lambda der: f"{len(der)} octets {der[:4].hex()}",
)
def test_a_huge_or_deep_certificate_is_refused_at_once(trust, der):
    def check():
        assertion = CardAssertion(certificate=der, signature=b"s" * 256)
        assert trust.verdict(assertion) is Refusal.MALFORMED

    assert cost_of(check) < MOMENT


@pytest.mark.parametrize(("bits", "exponent"), [(1024, 65537), (8192, 65537), (2048, 3)])
def test_a_key_whose_use_is_weak_or_expensive_is_refused_before_it_is_used(trust, bits, exponent):
    persona = replace(DOCTOR, profile=replace(DOCTOR.profile, key_bits=bits))
    numbers = rsa.RSAPublicNumbers(exponent, (1 << bits) - 1 - 2 * 189)
    signer = a_stranger(x509.Name([]))

    def check():
        card = forged(Forged(signer=signer, persona=persona, key=_WithPublic(numbers.public_key())))
        with pytest.raises(CardRefused) as refused:
            trust.verifier.verify_certificate(card.der, now=datetime.now(UTC))
        assert refused.value.reason is Refusal.WEAK_KEY

    check()


class _WithPublic:
    """A key of which only the public part is known."""

    def __init__(self, public: rsa.RSAPublicKey) -> None:
        self._public = public

    def public_key(self) -> rsa.RSAPublicKey:
        return self._public


def test_a_part_that_is_only_found_unreadable_when_it_is_used_refuses_too(trust, authority):
    """The certificate is read; its algorithm is not, until it is asked for."""
    card = forged(Forged(signer=fort(authority)))
    der = without_parameters(card.der)
    assert PresentedCertificate.parse(der).common_name == DOCTOR.holder.national_id
    assert trust.verdict(an_assertion(replace(card, der=der))) is Refusal.WEAK_ALGORITHM


def test_a_signature_has_one_form_only(trust, authority):
    """Prevents: a certificate with two fingerprints."""
    key = rsa.generate_private_key(65537, 2048)
    card = forged(Forged(signer=fort(authority), key=key))
    der = with_an_unused_bit(lambda number: forged(Forged(signer=fort(authority), key=key, serial=number)).der)
    assert x509.load_der_x509_certificate(der).verify_directly_issued_by(fort(authority).certificate) is None
    assert trust.verdict(an_assertion(replace(card, der=der))) is Refusal.MALFORMED


@pytest.mark.parametrize("first", [b"\x00", b"\x80"], ids=["zero", "below zero"])
def test_a_serial_number_is_positive(authority, first):
    """RFC 5280, section 4.1.2.2: a list could not name it."""
    der = forged(Forged(signer=fort(authority), serial=0x7F)).der
    assert der.count(b"\x02\x01\x7f") == 1
    with pytest.raises(Unreadable, match="serial number is not positive"):
        PresentedCertificate.parse(der.replace(b"\x02\x01\x7f", b"\x02\x01" + first))


@given(position=st.integers(0, 1_695), change=st.integers(1, 255))
@example(position=15, change=0x80).via("a serial number below zero")
def test_a_certificate_with_one_octet_changed_is_never_believed(authority, trusted_authorities, position, change):
    """The parser raises one error only, and what it still reads has another signature."""
    der = bytearray(issued(authority).der)
    der[position % len(der)] ^= change
    try:
        changed = PresentedCertificate.parse(bytes(der))
    except Unreadable:
        return
    has_strong_signature(changed)
    assert not any(is_issued_by(changed, each) for each in trusted_authorities.all)


@given(st.binary(max_size=300))
def test_any_octets_are_refused_by_name(octets):
    with pytest.raises(Unreadable):
        PresentedCertificate.parse(octets)


def test_an_assertion_counts_for_one_origin_and_one_nonce(trust, authority):
    assertion = an_assertion(issued(authority))
    assert isinstance(trust.verdict(assertion, origin=ORIGIN, nonce=NONCE), CardIdentity)
    for changed in (
        {"origin": f"{ORIGIN}:443"},
        {"origin": f"{ORIGIN}/"},
        {"nonce": NONCE[:-1]},
        {"nonce": NONCE + "n"},
    ):
        assert trust.verdict(assertion, **changed) is Refusal.WRONG_SIGNATURE
