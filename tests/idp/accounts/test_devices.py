"""The browsers that an account has logged in from (idp/accounts/devices.py)."""

import pytest

from config.encryption import KeyEncryption
from config.sealed_cookies import LONGEST_VALUE
from idp.accounts.devices import MOST_ACCOUNTS, Devices
from tests.builders.accounts import ANOTHER_PASSWORD
from tests.builders.operators import OPERATOR


@pytest.fixture
def devices(parts) -> Devices:
    return Devices(KeyEncryption.of(parts.settings), parts.accounts)


def remembered(devices, snapshot, cookie=None) -> str:
    return devices.remember(
        cookie, login=snapshot.login, account_id=snapshot.account_id, valid_from=snapshot.valid_from
    )


def test_a_browser_is_recognised_by_the_account_that_logged_in_there_and_by_no_other(devices, parts, jeanne_account):
    paul = parts.opens(given_name="Paul", family_name="Martin", email="paul.martin@exemple.test")
    cookie = remembered(devices, jeanne_account)
    assert devices.identifier_for(cookie, jeanne_account.login)
    assert devices.identifier_for(cookie, f" {jeanne_account.login.upper()} ")
    assert devices.identifier_for(cookie, paul.login) is None
    assert devices.identifier_for(cookie, "nobody") is None
    assert devices.identifier_for(None, jeanne_account.login) is None


def test_the_browser_keeps_its_identifier_and_each_browser_has_its_own(devices, parts, jeanne_account):
    cookie = remembered(devices, jeanne_account)
    again = remembered(devices, jeanne_account, cookie)
    assert devices.identifier_for(cookie, jeanne_account.login) == devices.identifier_for(again, jeanne_account.login)
    assert devices.identifier_for(remembered(devices, jeanne_account), jeanne_account.login) != devices.identifier_for(
        cookie, jeanne_account.login
    )


@pytest.mark.slow
def test_a_shared_computer_knows_its_last_twenty_accounts(devices, parts):
    people = [parts.opens(login=f"person{number}", password=None) for number in range(MOST_ACCOUNTS + 1)]
    cookie = None
    for person in people:
        cookie = remembered(devices, person, cookie)
    assert devices.identifier_for(cookie, people[0].login) is None
    assert all(devices.identifier_for(cookie, person.login) for person in people[1:])
    assert len(cookie) < LONGEST_VALUE / 3


def test_what_voids_an_account_s_sessions_makes_its_browsers_unknown(devices, parts, jeanne_account):
    cookie = remembered(devices, jeanne_account)
    parts.sets_password(jeanne_account, ANOTHER_PASSWORD)
    assert devices.identifier_for(cookie, jeanne_account.login) is None
    cookie = remembered(devices, parts.as_it_stands(jeanne_account))
    assert devices.identifier_for(cookie, jeanne_account.login)
    parts.service.disable(jeanne_account.login, actor=OPERATOR)
    assert devices.identifier_for(cookie, jeanne_account.login) is None
    parts.service.enable(jeanne_account.login, actor=OPERATOR)
    assert devices.identifier_for(cookie, jeanne_account.login) is None


def test_no_account_is_looked_for_unless_the_cookie_names_it(devices, parts, jeanne_account, monkeypatch):
    """The time of an answer tells nobody whether a login exists."""
    cookie = remembered(devices, jeanne_account)
    looked_for = []
    monkeypatch.setattr(type(parts.accounts), "snapshot", lambda _, account, **__: looked_for.append(account))
    devices.identifier_for(cookie, "nobody")
    devices.identifier_for("forged", jeanne_account.login)
    assert looked_for == []
