"""Prevents: keeping somebody out by guessing, and learning by the limits who exists.

The hospital is one address. Somebody there tries 100 wrong passwords for logins that
they invent, then one for each colleague, and goes on for as long as they like.
"""

import re
from datetime import timedelta

import pytest

from tests.actors.browser import Professional

HOSPITAL, HOME = "198.51.100.20", "203.0.113.7"
NOBODY = Professional("nobody", "x", "No", "Body")


class Guesser:
    """Tries wrong passwords from one address, in a new browser each time the one it has must wait."""

    def __init__(self, idp, application, *, address: str = HOSPITAL) -> None:
        self._idp, self._application, self._address = idp, application, address
        self._browser, self._guesses = None, 0

    def guesses(self, login: str | None = None) -> int:
        if self._browser is None:
            self._browser = self._idp.a_browser(address=self._address)
            self._browser.visits(self._application.asks())
        self._guesses += 1
        somebody = Professional(login or f"invented{self._guesses}", "", "", "")
        status = self._browser.gives(somebody, "wrong").status
        if status == 429:
            self._browser = None
        return status

    def attacks(self, *colleagues: Professional) -> None:
        assert [self.guesses() for _ in range(100)] == [422] * 100
        for colleague in colleagues:
            self.guesses(colleague.login)
        self.goes_on_until_refused()

    def goes_on_until_refused(self) -> None:
        """A guess is free again each second, and this machine may be slow."""
        assert 429 in (self.guesses() for _ in range(200))


@pytest.fixture
def guesser(idp, dcc):
    return Guesser(idp, dcc)


def logs_in_within(seconds: int, browser, person, clock, meanwhile) -> bool:
    """Whether a person who types the right password gets in, coming back when the page says."""
    for _ in range(seconds + 1):
        meanwhile()
        page = browser.gives(person)
        if page.status != 429:
            return page.url.startswith("http://127.0.0.1:")  # the application
        wait = int(page.headers["Retry-After"])
        assert 1 <= wait <= 30
        for _ in range(wait):
            clock.shift(1)
            meanwhile()
        seconds -= wait
        if seconds < 0:
            return False
    return False


def test_a_browser_that_the_account_has_logged_in_from_gets_in_at_once_and_always(idp, guesser, jeanne, dcc, clock):
    hers = idp.a_browser(address=HOSPITAL)
    hers.logs_in(jeanne, to=dcc)
    guesser.attacks(jeanne)
    for _ in range(12):
        guesser.guesses(jeanne.login)
        hers.visits(dcc.asks(prompt="login"))
        assert dcc.signs_in(hers.gives(jeanne)).subject
        clock.shift(1)


def test_it_does_so_after_months_and_from_another_address(idp, guesser, jeanne, dcc, clock):
    hers = idp.a_browser(address=HOME)
    hers.logs_in(jeanne, to=dcc)
    clock.shift(timedelta(days=120))
    moved = idp.a_browser(address=HOSPITAL)
    moved.cookies = hers.cookies
    guesser.attacks(jeanne)
    moved.visits(dcc.asks())
    assert dcc.signs_in(moved.gives(jeanne)).subject


def test_a_browser_that_nobody_knows_gets_in_within_thirty_seconds(idp, guesser, jeanne, dcc, clock):
    """The guesses of others, at invented logins and at hers, never move the instant that she was told."""
    guesser.attacks(jeanne)
    hers = idp.a_browser(address=HOSPITAL)
    hers.visits(dcc.asks())

    def meanwhile() -> None:
        guesser.guesses()
        guesser.guesses(jeanne.login)

    assert logs_in_within(30, hers, jeanne, clock, meanwhile)


def test_colleagues_on_one_computer_are_each_recognised(idp, guesser, jeanne, paul, dcc, perinat):
    shared = idp.a_browser(address=HOSPITAL)
    for person in (jeanne, paul):
        shared.visits(perinat.asks(prompt="login"))
        shared.gives(person)
    guesser.attacks(jeanne, paul)
    for person in (jeanne, paul, jeanne):
        shared.visits(perinat.asks(prompt="login"))
        assert perinat.signs_in(shared.gives(person)).subject


def test_a_changed_password_and_a_closed_account_make_every_browser_unknown(idp, guesser, jeanne, paul, dcc, perinat):
    browsers = {person: idp.a_browser(address=HOSPITAL) for person in (jeanne, paul)}
    for person, browser in browsers.items():
        browser.logs_in(person, to=perinat)
    guesser.attacks()
    changed = idp.gives_password(jeanne, "Grange-Haute-29?")
    idp.disables(paul)
    for person, before in ((changed, jeanne), (paul, paul)):
        browsers[before].visits(perinat.asks(prompt="login"))
        guesser.goes_on_until_refused()
        assert browsers[before].gives(person).status == 429


def test_a_device_cookie_serves_its_account_alone_and_cannot_be_forged(idp, guesser, jeanne, paul, perinat):
    hers = idp.a_browser(address=HOSPITAL)
    hers.logs_in(jeanne, to=perinat)
    guesser.attacks()
    hers.visits(perinat.asks(prompt="login"))
    assert hers.gives(paul).status == 429
    [name] = [name for name in hers.cookies["localhost"] if name.endswith("-device")]
    assert name.startswith("__Host-")
    value = hers.cookies["localhost"][name]
    for forged in (value[:-9] + ("A" if value[-9] != "A" else "B") + value[-8:], value.upper(), "", "x" * 5_000):
        hers.cookies["localhost"][name] = forged
        assert hers.gives(jeanne).status == 429


def test_a_stolen_device_cookie_gives_ten_guesses_and_then_none_that_others_do_not_have(idp, jeanne, dcc):
    hers, thief = idp.a_browser(), idp.a_browser(address=HOSPITAL)
    hers.logs_in(jeanne, to=dcc)
    thief.cookies["localhost"] = {
        name: value for name, value in hers.cookies["localhost"].items() if name.endswith("-device")
    }
    thief.visits(dcc.asks())
    statuses = [thief.gives(jeanne, f"wrong {number}").status for number in range(30)]
    assert statuses.count(422) == 10 + idp.settings.failures_per_account_and_address
    assert statuses[-1] == 429


def test_a_mailed_link_makes_a_browser_known(idp, guesser, jeanne, dcc):
    """The other way in, when somebody spares no effort to keep one account's owner out."""
    hers = idp.a_browser(address=HOSPITAL)
    guesser.attacks(jeanne)
    page = hers.visits(f"{idp.issuer}/password/forgotten")
    hers.submits(page.form_with("login"), login=jeanne.login)
    link = re.search(r"https?://\S+/password/choose/\S+", idp.letters()[-1].get_content()).group()
    hers.submits(hers.visits(link).form_with("new_password"), new_password="Verger-Calme-93%")
    hers.visits(dcc.asks())
    assert dcc.signs_in(hers.gives(jeanne, "Verger-Calme-93%")).subject


@pytest.mark.parametrize("history", ["none", "she logs in there", "she logs in elsewhere", "she changes her password"])
def test_the_limits_tell_nobody_who_exists_whatever_has_happened(idp, guesser, jeanne, dcc, clock, history):
    """The same answers and the same waits for her login as for an invented one, guess after guess."""
    hers = idp.a_browser(address=HOME if history == "she logs in elsewhere" else HOSPITAL)

    def happens() -> None:
        if history != "none":
            hers.visits(dcc.asks(prompt="login"))
            assert dcc.signs_in(hers.gives(jeanne)).subject
        if history == "she changes her password":
            page = hers.visits(f"{idp.issuer}/password/change")
            for current, new in (
                (jeanne.password, "Verger-Calme-93%"),
                ("Verger-Calme-93%", "Falaise-Rude-93!"),
                ("Falaise-Rude-93!", jeanne.password),
            ):
                fields = {"login": jeanne.login, "current_password": current, "new_password": new}
                assert hers.submits(page.form_with("current_password"), **fields).status == 200

    def seen(login: str, *, then: bool) -> list[tuple[int, str | None]]:
        stranger = idp.a_browser(address=HOSPITAL)
        stranger.visits(dcc.asks())
        somebody, answers = Professional(login, "", "", ""), []
        for number in range(12):
            page = stranger.gives(somebody, "wrong")
            answers.append((page.status, page.headers.get("Retry-After")))
            if then and number % 4 == 0:
                happens()
        return answers

    clock.move_to("2026-11-29T10:00:00Z")
    happens()
    known = seen(jeanne.login, then=True)
    clock.move_to("2026-11-29T11:00:00Z")
    invented = seen(NOBODY.login, then=False)
    assert [status for status, _ in known] == [status for status, _ in invented]
    assert known[-1][0] == 429
    for (_, hers_waits), (_, nobody_waits) in zip(known, invented, strict=True):
        assert abs(int(hers_waits or 0) - int(nobody_waits or 0)) <= 3  # the clock goes on
