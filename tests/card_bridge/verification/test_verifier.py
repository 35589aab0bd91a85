"""Each check of a card has its reason, and a card that passes all of them proves an identity."""

from datetime import UTC, datetime, timedelta

import pytest

from card_bridge.assertion import Purpose
from card_bridge.identity import CardIdentity
from card_bridge.verification.refusals import CardRefused, Refusal
from card_bridge.vocabulary import CardType
from card_bridge.workstation.virtual import personas
from card_bridge.workstation.virtual.profile import AUTHENTICATION_POLICY, KeyUse
from tests.builders.card_trust import an_assertion, card_trust, issued


def test_the_card_of_a_doctor_proves_who_she_is(trust):
    card = issued(trust.authority)
    identity = trust.verdict(an_assertion(card))
    assert isinstance(identity, CardIdentity)
    assert (identity.national_id, identity.given_name, identity.family_name) == ("899700123450", "Jeanne", "DUPONT")
    assert (identity.serial, identity.card_type, identity.profession) == ("8025000001/9970000001", "CPS", "10")
    assert identity.revocation_ended_at is None
    assert trust.verifier.verify_certificate(card.der, now=datetime.now(UTC)) == identity


@pytest.mark.parametrize("name", ["doctor", "nurse", "midwife", "pharmacist", "secretary", "newcomer", "expires-soon"])
def test_every_good_persona_is_believed_also_the_second_time(trust, name):
    persona = personas.persona_named(name)
    first, second = trust.verdict_on(persona), trust.verdict_on(persona)
    assert isinstance(first, CardIdentity)
    assert first == second
    assert first.national_id == persona.holder.national_id


@pytest.mark.parametrize(
    ("persona", "reason"),
    [
        (personas.EXPIRED, Refusal.EXPIRED),
        (personas.NOT_YET_VALID, Refusal.NOT_YET_VALID),
        (personas.REVOKED, Refusal.REVOKED),
        (personas.REAL_CATEGORY, Refusal.WRONG_CATEGORY),
        (personas.WRONG_ISSUER, Refusal.UNTRUSTED),
        (personas.WRONG_USAGE, Refusal.WRONG_USAGE),
    ],
    ids=lambda value: getattr(value, "name", value),
)
def test_a_card_that_is_wrong_in_one_way_is_refused_for_it(trust, persona, reason):
    assert trust.verdict_on(persona) is reason


def test_the_signature_key_of_a_card_does_not_log_in(trust):
    signing = trust.authority.issue(personas.DOCTOR, use=KeyUse.SIGNATURE)
    assert trust.verdict(an_assertion(signing)) is Refusal.WRONG_USAGE


def test_a_short_key_is_refused_before_it_is_used(trust):
    assert trust.verdict_on(personas.NEWCOMER, key_bits=1024) is Refusal.WEAK_KEY


@pytest.mark.parametrize(
    "changed",
    [
        {"purpose": Purpose.ENROLLMENT},
        {"origin": "https://id.example.evil.example"},
        {"origin": "http://id.example"},
        {"nonce": "m" * 43},
        {"presence": b""},
    ],
    ids=str,
)
def test_what_was_signed_for_something_else_is_refused(trust, changed):
    assert trust.verdict(an_assertion(issued(trust.authority), **changed)) is Refusal.WRONG_SIGNATURE


def test_only_accepted_types_and_policies_log_in(trust, authority, database, tmp_path):
    only_cps = card_trust(authority, tmp_path / "cps", database, types=frozenset({CardType.CPS}))
    assert only_cps.verdict_on(personas.SECRETARY) is Refusal.WRONG_TYPE
    assert isinstance(only_cps.verdict_on(personas.DOCTOR), CardIdentity)
    ours = card_trust(authority, tmp_path / "policy", database, policies=frozenset({AUTHENTICATION_POLICY}))
    assert isinstance(ours.verdict_on(personas.DOCTOR), CardIdentity)
    other = card_trust(authority, tmp_path / "other", database, policies=frozenset({"1.2.250.1.213.1.7.9"}))
    assert other.verdict_on(personas.DOCTOR) is Refusal.WRONG_POLICY


def test_without_a_list_nobody_logs_in(authority, database, tmp_path):
    untold = card_trust(authority, tmp_path / "authorities", database)
    assert untold.verdict_on(personas.DOCTOR) is Refusal.REVOCATION_UNKNOWN


def test_after_the_end_of_a_list_only_a_grace_accepts_and_it_is_said(authority, database, tmp_path):
    trust = card_trust(authority, tmp_path / "authorities", database)
    now = datetime.now(UTC)
    trust.publish(at=now - timedelta(hours=3), lasts=timedelta(hours=2))
    assertion = an_assertion(issued(authority))
    assert trust.verdict(assertion) is Refusal.REVOCATION_UNKNOWN
    assert trust.verdict(assertion, grace=timedelta(minutes=30)) is Refusal.REVOCATION_UNKNOWN
    identity = trust.verdict(assertion, grace=timedelta(hours=2))
    assert isinstance(identity, CardIdentity)
    assert identity.revocation_ended_at == (now - timedelta(hours=1)).replace(microsecond=0)
    revoked = an_assertion(issued(authority, personas.REVOKED))
    assert trust.verdict(revoked, grace=timedelta(hours=2)) is Refusal.REVOKED


def test_a_card_that_was_believed_is_refused_once_a_list_names_it(trust):
    assertion = an_assertion(issued(trust.authority))
    assert isinstance(trust.verdict(assertion), CardIdentity)
    identity = trust.verdict(assertion)
    assert isinstance(identity, CardIdentity)
    trust.publish(revoked={int(identity.serial_number, 16)}, at=datetime.now(UTC) + timedelta(seconds=1))
    assert trust.verdict(assertion) is Refusal.REVOKED


def test_a_card_that_was_believed_is_refused_once_it_has_expired(trust):
    assertion = an_assertion(issued(trust.authority, personas.EXPIRES_SOON))
    assert isinstance(trust.verdict(assertion), CardIdentity)
    assert trust.verdict(assertion, now=datetime.now(UTC) + timedelta(days=30)) is Refusal.EXPIRED


def test_a_refusal_repeats_nothing_of_the_certificate(trust):
    with pytest.raises(CardRefused, match=r"^expired$"):
        trust.verifier.verify_certificate(issued(trust.authority, personas.EXPIRED).der, now=datetime.now(UTC))
