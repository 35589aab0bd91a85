import re
from datetime import UTC, datetime, timedelta

import pytest

from config.audit.trail import AuditEntry
from idp.accounts.models import Language
from idp.accounts.passwords.links import LinkSpent
from idp.accounts.passwords.passwords import Changed, PolicyFaults, Verified
from idp.accounts.passwords.policies import PolicyFault
from idp.audit_kinds import IdpAuditKind
from idp.settings import PasswordPolicyName
from tests.builders.accounts import ADDRESS, ANOTHER_PASSWORD, PASSWORD, a_visit
from tests.builders.operators import OPERATOR

FROM = {"address": ADDRESS, "agent": "test"}


def asks(parts, sought):
    assert parts.links.send(sought, a_visit(ADDRESS)) is None
    return parts.mailed_token()


def test_a_forgotten_password_is_chosen_by_a_mailed_link(parts, jeanne_account):
    token = asks(parts, jeanne_account.login)
    assert parts.links.open(token).login == "jdupont"
    changed = parts.links.use(token, ANOTHER_PASSWORD, **FROM)
    assert isinstance(changed, Changed)
    assert (changed.account_id, changed.login) == (jeanne_account.account_id, "jdupont")
    assert isinstance(parts.passwords.verify("jdupont", ANOTHER_PASSWORD), Verified)
    assert parts.trail()[-2:] == ["password-link.sent", "password-link.used"]


def test_the_e_mail_address_will_do_as_well_as_the_login(parts, jeanne_account):
    assert parts.links.open(asks(parts, " Jeanne.Dupont@exemple.test ")) == jeanne_account


def test_a_shared_mailbox_gets_a_letter_for_each_account(parts):
    for name in ("Jean", "Jules"):
        parts.opens(given_name=name, email="cabinet@exemple.test", password=None)
    parts.links.send("cabinet@exemple.test", a_visit(ADDRESS))
    written = "".join(letter.get_content() for letter in parts.letters())
    assert re.findall(r"identifiant\s: (\S+)", written) == ["jdupont", "jdupont2"]


@pytest.mark.parametrize("sought", ["nobody", "nobody@exemple.test", "disabled", "", "'; --", "\x00", "x" * 5_000])
def test_nobody_else_gets_a_letter(parts, sought):
    parts.opens(login="disabled", password=None)
    parts.service.disable("disabled", actor=OPERATOR)
    assert parts.links.send(sought, a_visit(ADDRESS)) is None
    assert parts.letters() == []


def test_opening_a_link_spends_nothing(parts, jeanne_account):
    """Mail scanners follow links."""
    token = asks(parts, jeanne_account.login)
    for _ in range(5):
        assert parts.links.open(token) == jeanne_account
    assert isinstance(parts.links.use(token, ANOTHER_PASSWORD, **FROM), Changed)


def test_a_refused_password_leaves_the_link_as_it_was(parts, jeanne_account):
    token = asks(parts, jeanne_account.login)
    assert parts.links.use(token, "Motdepasse-2026!", **FROM) == PolicyFaults((PolicyFault.COMMON,))
    assert parts.links.use(token, PASSWORD, **FROM) == PolicyFaults((PolicyFault.REUSED,))
    assert isinstance(parts.links.use(token, ANOTHER_PASSWORD, **FROM), Changed)


def test_a_link_lives_as_long_as_it_says(parts, jeanne_account, time_machine):
    token = asks(parts, jeanne_account.login)
    asked_at = datetime.now(UTC)
    time_machine.move_to(asked_at + timedelta(minutes=59))
    assert parts.links.open(token) == jeanne_account
    time_machine.move_to(asked_at + timedelta(minutes=60))
    assert parts.links.open(token) is None
    assert parts.links.use(token, ANOTHER_PASSWORD, **FROM) == LinkSpent()


def test_a_first_link_lives_longer(parts, time_machine):
    """The letter may come on a Friday evening, before somebody's leave."""
    marc = parts.opens(given_name="Marc", family_name="Le Gall", password=None)
    parts.service.mail_link(marc, actor=OPERATOR)
    assert "72\N{NO-BREAK SPACE}heures" in parts.letters()[-1].get_content()
    token, mailed_at = parts.mailed_token(), datetime.now(UTC)
    time_machine.move_to(mailed_at + timedelta(hours=71, minutes=59))
    assert parts.links.open(token) == marc
    time_machine.move_to(mailed_at + timedelta(hours=72))
    assert parts.links.open(token) is None


def test_an_operator_s_link_for_somebody_who_has_a_password_does_not(parts, jeanne_account, time_machine):
    parts.service.mail_link(jeanne_account, actor=OPERATOR)
    token, mailed_at = parts.mailed_token(), datetime.now(UTC)
    time_machine.move_to(mailed_at + timedelta(minutes=61))
    assert parts.links.open(token) is None


@pytest.mark.parametrize("language", Language)
def test_letters_are_typeset(parts, store, language):
    """Between a number and its unit, before ; : ! ? and inside quotation marks, no line is broken."""
    parts = parts.with_settings(store, support_phone="02 00 00 00 00", first_password_link_lifetime=timedelta(hours=48))
    person = parts.opens(language=language)
    parts.service.mail_link(person, actor=OPERATOR)
    parts.service.mail_link(
        parts.opens(given_name="Marc", family_name="Le Gall", language=language, password=None), actor=OPERATOR
    )
    parts.passwords.change(person.login, PASSWORD, ANOTHER_PASSWORD, AuditEntry(kind=IdpAuditKind.PASSWORD_CHANGED))
    letters = parts.letters()[-3:]
    assert len({letter["Subject"] for letter in letters}) == 3
    for letter in letters:
        said = letter["Subject"] + "\n" + letter.get_content()
        assert not re.findall(r"\d (?:min|heure|hour)| [;:!?»]|« |\d \d\d|\w'\w", said), said


def test_the_letter_says_what_it_is_for(parts, jeanne_account):
    parts.links.send(jeanne_account.login, a_visit(ADDRESS))
    letter = parts.letters()[-1]
    body = letter.get_content()
    assert letter["To"] == "jeanne.dupont@exemple.test"
    assert letter.get_content_type() == "text/plain"
    words = " ".join(body.split())
    for said in ("Bonjour Jeanne Dupont", "identifiant : jdupont", "60 minutes", "Ignorez ce message"):
        assert said in words
    assert body.count("http") == 1
    assert max(len(line) for line in body.splitlines() if "http" not in line) <= 78


def test_the_letter_is_in_the_persons_language(parts):
    john = parts.opens(given_name="John", family_name="Moor", language=Language.ENGLISH)
    parts.links.send(john.login, a_visit(ADDRESS))
    body = parts.letters()[-1].get_content()
    assert "Hello John Moor" in body
    assert "Didn’t ask for this?" in body


def test_a_new_account_is_welcomed_with_a_link_and_never_with_a_password(parts):
    marc = parts.opens(given_name="Marc", family_name="Le Gall", password=None)
    parts.service.mail_link(marc, actor=OPERATOR)
    assert "Un compte vient d’être ouvert" in parts.letters()[-1].get_content()
    assert isinstance(parts.links.use(parts.mailed_token(), PASSWORD, **FROM), Changed)
    assert isinstance(parts.passwords.verify("mlegall", PASSWORD), Verified)


def test_the_legacy_policy_holds_for_links_too(parts, store):
    legacy = parts.with_settings(store, password_policy=PasswordPolicyName.LEGACY_IDEOSSO)
    jeanne_account = legacy.opens()
    legacy.passwords.change(
        jeanne_account.login, PASSWORD, ANOTHER_PASSWORD, AuditEntry(kind=IdpAuditKind.PASSWORD_CHANGED)
    )
    token = asks(legacy, jeanne_account.login)
    assert legacy.links.use(token, PASSWORD, **FROM) == PolicyFaults((PolicyFault.REUSED,))
