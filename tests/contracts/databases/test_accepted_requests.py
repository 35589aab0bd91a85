"""An accepted request is delivered once, however often and however simultaneously enrollment calls."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier

import pytest

from config.mail import Letters
from idp.accounts.acceptance import Acceptance, GrantedAccess, KnownHandle, NewPerson
from idp.accounts.assignments import UNLIMITED
from idp.accounts.errors import ProvisioningConflict
from idp.accounts.operator_roles import HeldRole, OperatorRoleName
from tests.builders.accounts import account_parts, an_account
from tests.builders.operators import OPERATOR

AT_ONCE = 8
DCC = GrantedAccess(name="dcc", display_name_fr="DCC", display_name_en="DCC", terms=UNLIMITED)


@pytest.fixture
def parts(settings, database, store):
    return account_parts(settings, database, store)


@pytest.fixture
def accepted(parts):
    """A request of Estelle Daubrac that an administrator has accepted."""
    operator = parts.opens(password=None, given_name="Odile", family_name="Riou", email="oriou@exemple.test")
    parts.operators.grant(operator.login, HeldRole(OperatorRoleName.ADMINISTRATOR), actor=OPERATOR)
    new = an_account(given_name="Estelle", family_name="Daubrac", email="estelle@exemple.test")
    return Acceptance(
        request="a" * 32,
        sequence=1,
        digest="d" * 64,
        operator=parts.subjects.sub_for(operator.account_id),
        reference="INS-2026-000001",
        account=NewPerson(account=new),
        entitlements=(DCC,),
        login_url="https://dcc.example/",
    )


def at_once(parts, *acceptances):
    """What each of these calls answers when they are made together."""
    together = Barrier(len(acceptances))

    def call(acceptance):
        together.wait()
        try:
            return parts.accepted_requests.deliver(acceptance)
        except ProvisioningConflict as conflict:
            return conflict

    with ThreadPoolExecutor(len(acceptances)) as threads:
        return list(threads.map(call, acceptances))


def test_the_same_call_at_once_makes_one_account_and_one_letter(parts, accepted):
    answers = at_once(parts, *[accepted] * AT_ONCE)

    assert {(each.username, each.letter) for each in answers} == {("edaubrac", answers[0].letter)}
    assert [each.is_first for each in answers].count(True) == 1
    assert len([each for each in parts.accounts.list() if each.login.startswith("edaubrac")]) == 1
    assert [letter["Message-ID"] for letter in parts.letters()] == [answers[0].letter]
    assert parts.trail().count("request.provisioned") == 1


def test_homonyms_at_once_get_a_username_each(parts, accepted):
    acceptances = [replace(accepted, request=f"{number:032x}") for number in range(AT_ONCE)]
    usernames = {each.username for each in at_once(parts, *acceptances)}
    assert usernames == {"edaubrac", *(f"edaubrac{number}" for number in range(2, AT_ONCE + 1))}


def test_of_two_bodies_for_one_call_at_once_one_is_refused(parts, accepted):
    one, other = at_once(parts, accepted, replace(accepted, digest="e" * 64))
    assert sum(isinstance(each, ProvisioningConflict) for each in (one, other)) == 1
    assert len(parts.letters()) == 1


def test_more_access_at_once_is_granted_once(parts, accepted):
    handle = parts.accepted_requests.deliver(accepted).account_id
    more = replace(accepted, sequence=2, account=KnownHandle(handle=handle))
    answers = at_once(parts, *[more] * AT_ONCE)
    assert [each.is_first for each in answers].count(True) == 1
    assert len(parts.letters()) == 2


def test_what_fails_at_its_end_leaves_nothing(parts, accepted, monkeypatch):
    """The letter is the last act: the account, its access and its audit lines are undone with it."""

    def fails(*_arguments, **_named):
        raise RuntimeError("the process ends here")

    with monkeypatch.context() as patch:
        patch.setattr(Letters, "post", fails)
        with pytest.raises(RuntimeError):
            parts.accepted_requests.deliver(accepted)
    assert parts.accounts.by_username("edaubrac") is None
    assert "request.provisioned" not in parts.trail()
    assert parts.accepted_requests.deliver(accepted).is_first
