"""Revocation lists and OCSP responses that are forged, old or another's: none hides who is revoked."""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID
from hypothesis import given
from hypothesis import strategies as st

from card_bridge.identity import CardIdentity
from card_bridge.verification.lists import ListRefused, check_list
from card_bridge.verification.ocsp import ResponseRefused, check_response
from card_bridge.verification.refusals import Refusal
from card_bridge.verification.serial_index import contains, pack
from card_bridge.workstation.virtual.authority import Signer
from card_bridge.workstation.virtual.personas import DOCTOR, REVOKED
from card_bridge.workstation.virtual.profile import Issuer
from card_bridge.workstation.virtual.revocation import ocsp_answer
from tests.builders.card_certificates import (
    Forged,
    a_list,
    a_stranger,
    forged,
    fort,
    with_an_unused_bit,
    without_parameters,
)
from tests.builders.card_trust import an_assertion, card_trust, issued

SOURCE = "http://127.0.0.1:1/CRL/ACI-FO-PP-TEST.crl"


@pytest.fixture
def now():
    return datetime.now(UTC)


@pytest.fixture
def trust(authority, database, tmp_path, now):
    made = card_trust(authority, tmp_path / "authorities", database)
    made.publish(at=now)
    return made


def refusal_of(trust, octets, now, source=SOURCE):
    with pytest.raises(ListRefused) as refused:
        trust.lists.accept(source, octets, now=now)
    return str(refused.value)


def test_a_list_signed_by_a_stranger_in_the_name_of_the_authority_is_refused(trust, authority, now):
    stranger = a_stranger(fort(authority).certificate.subject)
    assert "signature" in refusal_of(trust, a_list(stranger, at=now + timedelta(seconds=1)), now)
    assert trust.verdict_on(REVOKED) is Refusal.REVOKED


def test_a_list_of_another_authority_is_kept_as_that_authoritys(trust, authority, now):
    """At whatever address it is found: it says nothing of the cards of this one."""
    standard = authority.intermediate(Issuer.STANDARD)
    in_its_name = a_list(standard, at=now + timedelta(seconds=1), name=fort(authority).certificate.subject)
    assert "signature" in refusal_of(trust, in_its_name, now)
    elsewhere = "http://127.0.0.1:1/other.crl"
    assert trust.lists.accept(elsewhere, a_list(standard, at=now + timedelta(seconds=1)), now=now)
    assert trust.verdict_on(REVOKED) is Refusal.REVOKED


def test_a_list_signed_by_a_card_is_refused(trust, authority, now):
    card = issued(authority)
    holder = Signer(x509.load_der_x509_certificate(card.der), card.key)
    assert "no trusted authority" in refusal_of(trust, a_list(holder), now)
    assert "signature" in refusal_of(trust, a_list(holder, name=fort(authority).certificate.subject), now)


def test_an_old_list_never_replaces_a_newer_one(trust, authority, now):
    assert "older" in refusal_of(trust, a_list(fort(authority), at=now - timedelta(days=1)), now)
    assert "older" in refusal_of(trust, a_list(fort(authority), at=now, number=1), now)
    assert trust.verdict_on(REVOKED) is Refusal.REVOKED


def test_an_old_list_at_another_address_does_not_count_either(trust, authority, now):
    trust.lists.accept("http://127.0.0.1:1/mirror.crl", a_list(fort(authority), at=now - timedelta(hours=1)), now=now)
    assert trust.verdict_on(REVOKED) is Refusal.REVOKED


def test_a_list_that_has_ended_makes_nobody_good(trust, authority, database, tmp_path, now):
    untold = card_trust(authority, tmp_path / "again", database)
    untold.lists.forget_others([])
    untold.publish_roots(at=now)
    ended = a_list(fort(authority), at=now - timedelta(days=3), lasts=timedelta(days=1))
    assert untold.lists.accept(SOURCE, ended, now=now)
    assert untold.verdict_on(DOCTOR) is Refusal.REVOCATION_UNKNOWN


@pytest.mark.parametrize(
    ("extension", "said"),
    [
        (x509.DeltaCRLIndicator(7), "critical extension"),
        (x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00"), "critical extension"),
        (x509.IssuingDistributionPoint(None, None, True, False, None, False, False), "only some"),
        (x509.IssuingDistributionPoint(None, None, False, True, None, False, False), "only some"),
        (x509.IssuingDistributionPoint(None, None, False, False, None, True, False), "only some"),
        (x509.IssuingDistributionPoint(None, None, False, False, None, False, True), "only some"),
        (
            x509.IssuingDistributionPoint(
                None, None, False, False, frozenset([x509.ReasonFlags.key_compromise]), False, False
            ),
            "only some",
        ),
    ],
    ids=["delta", "unknown", "persons", "authorities", "indirect", "attributes", "reasons"],
)
def test_a_list_that_covers_only_some_certificates_is_refused(trust, authority, now, extension, said):
    octets = a_list(fort(authority), at=now + timedelta(seconds=1), extensions=[(extension, True)])
    assert said in refusal_of(trust, octets, now)
    assert trust.verdict_on(REVOKED) is Refusal.REVOKED


def test_a_list_of_one_distribution_point_covers_the_cards_that_name_it(trust, authority, now):
    """RFC 5280 section 5.2.5."""
    point = x509.UniformResourceIdentifier("http://crl.exemple.test/part-1.crl")
    scope = x509.IssuingDistributionPoint([point], None, False, False, None, False, False)
    trust.lists.accept(
        SOURCE, a_list(fort(authority), at=now + timedelta(seconds=1), extensions=[(scope, True)]), now=now
    )
    named, other = (
        an_assertion(forged(Forged(signer=fort(authority), addresses=[address], serial=serial)))
        for serial, address in enumerate([point.value, "http://crl.exemple.test/part-2.crl"], start=1)
    )
    assert isinstance(trust.verdict(named), CardIdentity)
    assert trust.verdict(other) is Refusal.REVOCATION_UNKNOWN
    whole = a_list(fort(authority), at=now - timedelta(hours=1), revoked=[2])
    trust.lists.accept("http://127.0.0.1:1/whole.crl", whole, now=now)
    assert trust.verdict(other) is Refusal.REVOKED
    assert isinstance(trust.verdict(named), CardIdentity)


def test_a_list_of_the_future_or_without_an_end_is_refused(trust, authority, now):
    assert "future" in refusal_of(trust, a_list(fort(authority), at=now + timedelta(hours=1)), now)


def test_an_authority_that_its_root_has_revoked_issues_no_good_card(trust, authority, now):
    root = authority.root(Issuer.FORT)
    source = f"{authority.address}/CRL/{authority.list_name(Issuer.FORT, is_root=True)}.crl"
    revoked = a_list(root, revoked=[fort(authority).certificate.serial_number], at=now + timedelta(seconds=1))
    trust.lists.accept(source, revoked, now=now)
    assert trust.verdict_on(DOCTOR) is Refusal.REVOKED


@pytest.mark.parametrize("part", ["a name of X.400", "an algorithm without its parameters"])
def test_a_part_that_is_only_found_unreadable_when_it_is_used_refuses_too(trust, authority, now, part):
    """Lists come by http: an attacker on the way writes one, and the job that fetches lists must go on."""
    stranger = a_stranger(fort(authority).certificate.subject)
    if part == "a name of X.400":
        scope = x509.UnrecognizedExtension(ExtensionOID.ISSUING_DISTRIBUTION_POINT, bytes.fromhex("3006a004a002a300"))
        octets = a_list(stranger, extensions=[(scope, True)])
    else:
        octets = without_parameters(a_list(stranger))
    assert refusal_of(trust, octets, now) == "it is not a revocation list in DER or PEM"


@given(octets=st.binary(max_size=400))
def test_any_octets_are_refused_by_name(trusted_authorities, octets):
    with pytest.raises(ListRefused):
        check_list(octets, trusted_authorities, now=datetime.now(UTC))


def test_a_signature_has_one_form_only(trust, authority, now):
    octets = with_an_unused_bit(lambda number: a_list(fort(authority), at=now, number=number))
    assert "multiple of eight" in refusal_of(trust, octets, now)


@given(position=st.integers(0, 2_000), change=st.integers(1, 255))
def test_a_list_with_one_octet_changed_is_refused(authority, trusted_authorities, position, change):
    octets = bytearray(a_list(fort(authority), revoked=[1, 2, 3], at=datetime(2026, 1, 1, tzinfo=UTC)))
    octets[position % len(octets)] ^= change
    with pytest.raises(ListRefused):
        check_list(bytes(octets), trusted_authorities, now=datetime.now(UTC))


@given(st.sets(st.integers(1, (1 << 160) - 1), max_size=60), st.integers(-5, 1 << 170))
def test_the_index_has_exactly_the_serial_numbers_of_the_list(serials, other):
    index = pack(serials)
    assert all(contains(index, serial) for serial in serials)
    assert contains(index, other) is (other in serials)


@pytest.mark.parametrize("serial", [0, -1, 1 << 160])
def test_a_serial_number_that_no_certificate_can_have_refuses_the_index(serial):
    with pytest.raises(ValueError, match="serial number"):
        pack([1, serial])


def test_responses_that_are_forged_are_refused(trust, authority, now):
    """RFC 6960 section 3.2, and 4.2.2.2 of its responders."""
    [ours] = trust.authorities.with_subject(fort(authority).certificate.subject.public_bytes())
    card = x509.load_der_x509_certificate(issued(authority, REVOKED).der)
    request = (
        ocsp.OCSPRequestBuilder().add_certificate(card, fort(authority).certificate, SHA256()).build()
    ).public_bytes(Encoding.DER)
    good = ocsp_answer(authority, request, revoked=(), now=now)
    assert check_response(good, ours, card.serial_number, now=now).is_revoked is False

    def refused(octets, serial=card.serial_number, at=now, by=ours):
        with pytest.raises(ResponseRefused) as why:
            check_response(octets, by, serial, now=at)
        return str(why.value)

    assert "another certificate" in refused(good, serial=7)
    assert "not of this time" in refused(good, at=now + timedelta(hours=2))
    assert "not of this time" in refused(good, at=now - timedelta(hours=1))
    standard = trust.authorities.with_subject(
        authority.intermediate(Issuer.STANDARD).certificate.subject.public_bytes()
    )
    assert "responder" in refused(good, by=standard[0])
    for forger in (
        _delegated_by_nobody(authority),
        _without_the_usage(authority),
        Signer(card, issued(authority, REVOKED).key),
    ):
        answer = _answer(card, fort(authority).certificate, forger, now)
        assert "responder" in refused(answer) or "signature" in refused(answer)
    changed = bytearray(good)
    changed[-400] ^= 1
    refused(bytes(changed))


def _answer(card, issuer, signer, now):
    builder = (
        ocsp.OCSPResponseBuilder()
        .add_response(card, issuer, SHA256(), ocsp.OCSPCertStatus.GOOD, now, now + timedelta(hours=1), None, None)
        .responder_id(ocsp.OCSPResponderEncoding.HASH, signer.certificate)
        .certificates([signer.certificate])
    )
    return builder.sign(signer.key, SHA256()).public_bytes(Encoding.DER)


def _delegated_by_nobody(authority):
    return a_stranger(authority.responder(Issuer.FORT).certificate.subject)


def _without_the_usage(authority):
    card = forged(Forged(signer=fort(authority), key=rsa.generate_private_key(65537, 2048)))
    certificate = x509.load_der_x509_certificate(card.der)
    usages = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert ExtendedKeyUsageOID.OCSP_SIGNING not in usages
    return Signer(certificate, card.key)


@given(octets=st.binary(max_size=400))
def test_any_octets_are_no_response(trusted_authorities, octets):
    with pytest.raises(ResponseRefused):
        check_response(octets, trusted_authorities.all[0], 1, now=datetime.now(UTC))
