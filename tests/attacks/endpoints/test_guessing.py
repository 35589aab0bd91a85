"""Prevents: finding out who has an account, and trying passwords."""

import re
from datetime import timedelta

import argon2
import pytest

from config.audit.query import page_of
from tests.actors.browser import Professional

NOBODY = Professional("nobody", "x", "No", "Body")


def seen(page, typed: str) -> tuple[int, str, list[tuple[str, str]]]:
    """What must be the same for everybody: all but what is random in each answer, and the login typed."""
    html = re.sub(r'(?<=name="form_token" value=")[^"]*', "", page.html)
    html = re.sub(r"/login/[\w:%-]+|pending=[\w:%-]+", "", html).replace(f'value="{typed}"', 'value="LOGIN"')
    html = re.sub(r"back=[^\"]*", "", html)
    varying = ("X-Request-Id", "Content-Length")
    return page.status, html, sorted(header for header in page.headers.items() if header[0] not in varying)


@pytest.fixture
def hashes(monkeypatch) -> list[str]:
    """Every password hash that is computed or compared."""
    done: list[str] = []
    verify, compute = argon2.PasswordHasher.verify, argon2.PasswordHasher.hash

    def watched_verify(self, *arguments):
        done.append("verify")
        return verify(self, *arguments)

    def watched_hash(self, *arguments, **named):
        done.append("hash")
        return compute(self, *arguments, **named)

    monkeypatch.setattr(argon2.PasswordHasher, "verify", watched_verify)
    monkeypatch.setattr(argon2.PasswordHasher, "hash", watched_hash)
    return done


def test_a_refused_login_tells_nobody_whether_the_account_exists(idp, jeanne, paul, dcc, hashes):
    """The same bytes, status, headers and number of hash operations."""
    idp.disables(paul)
    answers = []
    for person, password in ((jeanne, "wrong"), (paul, paul.password), (NOBODY, "wrong")):
        browser = idp.a_browser()
        browser.visits(dcc.asks())
        hashes.clear()
        page = browser.gives(person, password)
        answers.append((*seen(page, person.login), list(hashes)))
    assert answers[0] == answers[1] == answers[2]
    assert answers[0][-1] == ["verify"]


def test_a_login_that_is_no_login_is_refused_alike(idp, dcc, hashes):
    for login in ("é" * 10, "a" * 254, "' OR 1=1 --", "../../etc", "%00", "jdupont@exemple.test"):
        browser = idp.a_browser(address="192.0.2.99")
        browser.visits(dcc.asks())
        hashes.clear()
        page = browser.submits(browser.page.form_with("password"), login=login, password="x")
        assert page.status == 422
        assert hashes == ["verify"]


def test_a_forgotten_password_tells_nobody_whether_the_account_exists(idp, browser, jeanne):
    answers = []
    for login in (jeanne.login, NOBODY.login, jeanne.email):
        page = browser.visits(f"{idp.issuer}/password/forgotten")
        answers.append(seen(browser.submits(page.form_with("login"), login=login), login))
    assert answers[0] == answers[1] == answers[2]


def test_a_change_of_password_tells_nobody_whether_the_account_exists(idp, jeanne, hashes):
    answers = []
    for login in (jeanne.login, NOBODY.login):
        browser = idp.a_browser()
        page = browser.visits(f"{idp.issuer}/password/change")
        form = page.form_with("current_password")
        hashes.clear()
        page = browser.submits(form, login=login, current_password="wrong", new_password="Verger-Calme-93%")
        answers.append((page.status, page.text.replace(login, "LOGIN"), list(hashes)))
    assert answers[0] == answers[1]


def test_passwords_are_not_tried_for_ever(idp, browser, jeanne, dcc, hashes, frozen):
    """429 with Retry-After, without computing anything; nothing sleeps, nothing is locked."""
    browser.visits(dcc.asks())
    for _ in range(idp.settings.failures_per_account_and_address):
        assert browser.gives(jeanne, "wrong").status == 422
    hashes.clear()
    page = browser.gives(jeanne)
    assert page.status == 429
    assert 0 < int(page.headers["Retry-After"]) <= idp.settings.throttle_ceiling.total_seconds()
    assert hashes == []


def test_the_one_whose_password_was_tried_gets_in_after_the_wait(idp, browser, jeanne, dcc, clock):
    browser.visits(dcc.asks())
    for _ in range(idp.settings.failures_per_account_and_address):
        browser.gives(jeanne, "wrong")
    wait = int(browser.gives(jeanne).headers["Retry-After"])
    clock.shift(timedelta(seconds=wait))
    assert dcc.signs_in(browser.gives(jeanne)).subject


def test_a_stranger_s_failures_do_not_keep_the_owner_out(idp, browser, jeanne, dcc, frozen):
    browser.logs_in(jeanne, to=dcc)
    stranger = idp.a_browser(address="198.51.100.9")
    stranger.visits(dcc.asks())
    for _ in range(idp.settings.failures_per_account_and_address + 1):
        stranger.gives(jeanne, "wrong")
    assert stranger.page.status == 429
    browser.visits(dcc.asks(prompt="login"))
    assert dcc.signs_in(browser.gives(jeanne)).subject


def test_an_address_that_a_stranger_claims_is_not_the_one_that_is_counted(idp, jeanne, dcc, frozen):
    """Prevents: a fresh ration of guesses by a forged X-Forwarded-For."""
    browser = idp.a_browser()
    form = browser.visits(dcc.asks()).form_with("password")
    cookies = "; ".join(f"{name}={value}" for name, value in browser.cookies["localhost"].items())
    calls = idp.app.test_client(use_cookies=False)
    statuses = [
        calls.post(
            form.action,
            data=form.fields | {"login": jeanne.login, "password": "wrong"},
            headers={"Cookie": cookies, "X-Forwarded-For": f"203.0.113.{number}", "X-Real-IP": f"203.0.113.{number}"},
        ).status_code
        for number in range(idp.settings.failures_per_account_and_address + 1)
    ]
    assert statuses[-1] == 429


@pytest.mark.parametrize(
    ("typed", "named", "detail"),
    [
        ("jdupont", "jdupont", None),
        (" JDupont ", "jdupont", None),
        ("nobody", "nobody", "unknown"),
        ("Treille-Vive-71!", None, "unknown"),  # the password, in the wrong field
        ("<b>admin</b>\x1b[2J", None, "unknown"),
    ],
)
def test_a_login_that_nobody_has_is_not_written_down_as_if_it_were_known(
    idp, browser, jeanne, dcc, typed, named, detail
):
    browser.visits(dcc.asks())
    browser.submits(browser.page.form_with("password"), login=typed, password="wrong")
    line = page_of(idp.services.database, limit=1).lines[0]
    assert (line.kind, line.login, line.detail.get("login")) == ("login.refused", named, detail)
    assert (line.account is None) == (detail is not None)


def test_an_application_that_an_address_claims_is_not_written_down_as_if_it_were_known(idp, browser, jeanne):
    page = browser.visits(f"{idp.issuer}/password/change?pending=invented:x")
    fields = {"login": jeanne.login, "current_password": jeanne.password, "new_password": "Verger-Calme-93%"}
    browser.submits(page.form_with("current_password"), **fields)
    line = page_of(idp.services.database, limit=1).lines[0]
    assert (line.kind, line.application) == ("login.succeeded", None)
