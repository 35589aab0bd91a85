from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
import time_machine
from sqlalchemy import func, select

from config.audit.trail import AuditEntry
from idp.accounts.models import PasswordCredential, PastPassword
from idp.accounts.passwords.passwords import Changed, ConcurrentChange, NotVerified, PolicyFaults, Verified
from idp.accounts.passwords.policies import PolicyFault
from idp.audit_kinds import IdpAuditKind
from idp.settings import PasswordPolicyName
from tests.builders.accounts import ANOTHER_PASSWORD, PASSWORD, an_attempt
from tests.builders.operators import OPERATOR

CHANGE = AuditEntry(kind=IdpAuditKind.PASSWORD_CHANGED)
THIRD_PASSWORD, FOURTH_PASSWORD = "Falaise-Rude-93!", "Lisière-Calme-54?"


def hashes(parts):
    with parts.database.reading() as connection:
        return list(connection.scalars(select(PasswordCredential.hash)))


def kept(parts, prepared):
    with parts.database.transaction() as session:
        return parts.passwords.keep(session, prepared, CHANGE)


def test_the_right_password_is_verified(parts, jeanne_account):
    verified = parts.passwords.verify(" JDupont", PASSWORD)
    assert isinstance(verified, Verified)
    assert verified.account_id == jeanne_account.account_id
    assert jeanne_account.password_set_at <= verified.at <= datetime.now(UTC)


@pytest.mark.parametrize(
    ("login", "password"),
    [("jdupont", "wrong"), ("jdupont", ""), ("nobody", PASSWORD), ("", PASSWORD), ("jdupont", PASSWORD + "\x00")],
)
def test_anything_else_is_not(parts, jeanne_account, login, password):
    assert parts.passwords.verify(login, password) == NotVerified()


def test_neither_a_disabled_account_nor_one_without_password_opens(parts, jeanne_account):
    parts.service.disable(jeanne_account.login, actor=OPERATOR)
    without = parts.opens(given_name="Marc", family_name="Le Gall", password=None)
    assert parts.passwords.verify(jeanne_account.login, PASSWORD) == NotVerified()
    assert parts.passwords.verify(without.login, PASSWORD) == NotVerified()


def test_a_password_is_the_same_however_the_keyboard_composed_it(parts):
    """NIST SP 800-63B 5.1.1.2: normalised before hashing."""
    jeanne_account = parts.opens(password="Lisie\u0300re-Calme-54?")
    assert isinstance(parts.passwords.verify(jeanne_account.login, "Lisi\u00e8re-Calme-54?"), Verified)


def test_a_changed_password_replaces_the_former_one(parts, jeanne_account):
    changed = parts.passwords.change(jeanne_account.login, PASSWORD, ANOTHER_PASSWORD, CHANGE)
    assert isinstance(changed, Changed)
    assert (changed.account_id, changed.login) == (jeanne_account.account_id, "jdupont")
    assert parts.passwords.verify(jeanne_account.login, PASSWORD) == NotVerified()
    assert isinstance(parts.passwords.verify(jeanne_account.login, ANOTHER_PASSWORD), Verified)


def test_what_was_obtained_before_a_change_is_void(parts, jeanne_account):
    before = parts.passwords.verify(jeanne_account.login, PASSWORD)
    parts.passwords.change(jeanne_account.login, PASSWORD, ANOTHER_PASSWORD, CHANGE)
    after = parts.passwords.verify(jeanne_account.login, ANOTHER_PASSWORD)
    assert before.at < parts.as_it_stands(jeanne_account).valid_from <= after.at


def test_a_password_replaced_by_a_change_that_was_begun_before_and_committed_after_changes_nothing(
    parts, jeanne_account, monkeypatch
):
    verify = parts.passwords.verify

    def verify_while_another_is_committed(login, password):
        verified = verify(login, password)
        prepared = parts.passwords.prepare(jeanne_account.account_id, ANOTHER_PASSWORD)
        with time_machine.travel(verified.at - timedelta(microseconds=1), tick=False):
            assert isinstance(kept(parts, prepared), Changed)
        return verified

    monkeypatch.setattr(parts.passwords, "verify", verify_while_another_is_committed)
    assert parts.passwords.change(jeanne_account.login, PASSWORD, THIRD_PASSWORD, CHANGE) == NotVerified()


def test_a_change_is_told_to_the_person_and_to_the_trail(parts, jeanne_account):
    parts.passwords.change(jeanne_account.login, PASSWORD, ANOTHER_PASSWORD, CHANGE)
    letter = parts.letters()[-1]
    assert letter["To"] == jeanne_account.email
    assert "mot de passe" in letter["Subject"]
    assert not {PASSWORD, ANOTHER_PASSWORD} & set(letter.get_content().split())
    assert parts.trail()[-1] == "password.changed"


def test_a_refused_password_changes_nothing(parts, jeanne_account):
    before = hashes(parts)
    assert parts.passwords.change(jeanne_account.login, PASSWORD, "motdepasse", CHANGE) == PolicyFaults(
        (PolicyFault.TOO_SHORT, PolicyFault.COMMON)
    )
    assert parts.passwords.change(jeanne_account.login, "wrong", ANOTHER_PASSWORD, CHANGE) == NotVerified()
    assert hashes(parts) == before
    assert parts.as_it_stands(jeanne_account) == jeanne_account


def test_the_present_password_is_not_a_new_one(parts, jeanne_account):
    assert parts.passwords.change(jeanne_account.login, PASSWORD, PASSWORD, CHANGE) == PolicyFaults(
        (PolicyFault.REUSED,)
    )


def test_by_the_legacy_policy_people_rotate_on_three_passwords(parts, store, jeanne_account):
    """The guide: the new password differs from the two previous ones."""
    passwords = parts.with_settings(store, password_policy=PasswordPolicyName.LEGACY_IDEOSSO).passwords
    worn = [PASSWORD, ANOTHER_PASSWORD, THIRD_PASSWORD]
    assert isinstance(passwords.change(jeanne_account.login, worn[0], worn[1], CHANGE), Changed)
    assert passwords.change(jeanne_account.login, worn[1], worn[0], CHANGE) == PolicyFaults((PolicyFault.REUSED,))
    assert isinstance(passwords.change(jeanne_account.login, worn[1], worn[2], CHANGE), Changed)
    assert isinstance(passwords.change(jeanne_account.login, worn[2], worn[0], CHANGE), Changed)


@pytest.mark.parametrize(
    ("policy", "kept"), [(PasswordPolicyName.LEGACY_IDEOSSO, 2), (PasswordPolicyName.CNIL_2022, 0)]
)
def test_no_more_past_passwords_are_kept_than_the_policy_asks_about(parts, store, jeanne_account, policy, kept):
    passwords = parts.with_settings(store, password_policy=policy, password_history=3).passwords
    worn = [PASSWORD, ANOTHER_PASSWORD, THIRD_PASSWORD, FOURTH_PASSWORD, PASSWORD]
    for current, new in pairwise(worn):
        assert isinstance(passwords.change(jeanne_account.login, current, new, CHANGE), Changed)
    with parts.database.reading() as connection:
        assert connection.scalar(select(func.count()).select_from(PastPassword)) == kept


def test_a_provisional_password_must_be_changed_once(parts):
    jeanne_account = parts.opens(must_change=True)
    assert parts.passwords.must_be_changed(jeanne_account, datetime.now(UTC))
    parts.passwords.change(jeanne_account.login, PASSWORD, ANOTHER_PASSWORD, CHANGE)
    assert not parts.passwords.must_be_changed(parts.as_it_stands(jeanne_account), datetime.now(UTC))


def test_a_hash_made_with_former_parameters_is_made_again_at_the_next_login(parts, store, jeanne_account):
    former = hashes(parts)
    dearer = parts.with_settings(store, argon2_memory=64, argon2_iterations=2).passwords
    assert dearer.verify(jeanne_account.login, "wrong") == NotVerified()
    assert hashes(parts) == former
    assert isinstance(dearer.verify(jeanne_account.login, PASSWORD), Verified)
    assert hashes(parts)[0].startswith("$argon2id$v=19$m=64,t=2,p=1$")
    assert isinstance(dearer.verify(jeanne_account.login, PASSWORD), Verified)
    assert parts.as_it_stands(jeanne_account) == jeanne_account  # nobody is logged out by it


def test_a_password_judged_before_another_change_is_not_kept_after_it(parts, jeanne_account):
    prepared = parts.passwords.prepare(jeanne_account.account_id, THIRD_PASSWORD)
    parts.passwords.change(jeanne_account.login, PASSWORD, ANOTHER_PASSWORD, CHANGE)
    assert kept(parts, prepared) == ConcurrentChange()
    assert isinstance(parts.passwords.verify(jeanne_account.login, ANOTHER_PASSWORD), Verified)


def test_an_account_disabled_meanwhile_does_not_get_the_password(parts, jeanne_account):
    prepared = parts.passwords.prepare(jeanne_account.account_id, ANOTHER_PASSWORD)
    parts.service.disable(jeanne_account.login, actor=OPERATOR)
    assert kept(parts, prepared) == ConcurrentChange()


def test_nobody_gets_no_password(parts):
    assert parts.passwords.prepare("0" * 32, PASSWORD) == ConcurrentChange()


def test_no_hash_shows_in_a_repr(parts, jeanne_account):
    prepared = parts.passwords.prepare(jeanne_account.account_id, ANOTHER_PASSWORD)
    assert "argon2" not in repr(prepared)


def test_a_change_by_a_throttled_person_waits(parts, jeanne_account):
    asked = {"attempt": an_attempt(jeanne_account.login), "new": ANOTHER_PASSWORD, "agent": "test"}
    for _ in range(parts.settings.failures_per_account_and_address):
        assert parts.changes.change(current="wrong", **asked) == NotVerified()
    waiting = parts.changes.change(current=PASSWORD, **asked)
    assert waiting.seconds >= 1
    assert parts.trail()[-1] == "login.refused"
    assert isinstance(parts.passwords.verify(jeanne_account.login, PASSWORD), Verified)


def test_a_change_that_succeeds_costs_no_failure(parts, jeanne_account):
    asked = {"attempt": an_attempt(jeanne_account.login), "agent": "test"}
    for _ in range(parts.settings.failures_per_account_and_address + 1):
        refused = parts.changes.change(current=PASSWORD, new="court", **asked)
        assert refused == PolicyFaults((PolicyFault.TOO_SHORT,))
    assert isinstance(parts.changes.change(current=PASSWORD, new=ANOTHER_PASSWORD, **asked), Changed)
