"""Prevents: a service provider learning or doing anything of what another was given of the same person."""

from dataclasses import replace

import pytest

from tests.actors.saml_logout import LeavingProvider
from tests.fixtures.logout import registers_leaving


@pytest.fixture
def two(idp, browser, jeanne) -> tuple[LeavingProvider, LeavingProvider]:
    """Two that Jeanne is signed on to in one session, and what each was given."""
    one, other = registers_leaving(idp, "messagerie"), registers_leaving(idp, "carnet")
    return one, other


def signs_on_to_both(browser, jeanne, two):
    one, other = two
    browser.visits(one.sp.asks())
    first = one.sp.signs_on(browser.gives(jeanne))
    return first, other.sp.signs_on(browser.visits(other.sp.asks()))


def test_nothing_that_two_are_given_tells_that_it_is_one_person(idp, browser, jeanne, two):
    first, second = signs_on_to_both(browser, jeanne, two)
    assert first.name_id != second.name_id
    assert first.session_index != second.session_index
    sid = next(iter(browser.cookies["localhost"][name] for name in browser.cookies["localhost"] if "session" in name))
    for given in (first, second):
        assert sid.partition(".")[0].encode() not in given.xml


@pytest.mark.parametrize("mixed", ["both", "name", "index"])
def test_none_logs_out_by_what_another_was_given(idp, browser, jeanne, two, mixed):
    one, other = two
    first, second = signs_on_to_both(browser, jeanne, two)
    stolen = {
        "both": second,
        "name": replace(second, session_index=first.session_index),
        "index": replace(first, session_index=second.session_index),
    }[mixed]
    attacker = idp.a_browser()
    page = attacker.visits(one.asks(replace(stolen, sp_name_qualifier=first.sp_name_qualifier)))
    assert one.is_answered(page.url if page.url.startswith(one.at) else page.goes_on_to or page.links[0].address)
    assert other.sp.signs_on(browser.visits(other.sp.asks())), "the session is over"


def test_a_logout_of_one_session_leaves_the_others(idp, browser, jeanne, two):
    one, _ = two
    first, _ = signs_on_to_both(browser, jeanne, two)
    at_home = idp.a_browser()
    at_home.visits(one.sp.asks())
    one.sp.signs_on(at_home.gives(jeanne))
    idp.a_browser().visits(one.asks(first))
    assert browser.visits(one.sp.asks()).asks_for("password")
    assert one.sp.signs_on(at_home.visits(one.sp.asks()))


def test_none_asks_about_whom_another_knows(idp, browser, jeanne, two):
    """Core 3.4.1, Subject: an answer that differs would tell one that the other's name is somebody's."""
    one, _ = two
    _, second = signs_on_to_both(browser, jeanne, two)

    def told(name: str):
        subject = f"<saml:Subject><saml:NameID>{name}</saml:NameID></saml:Subject>"
        return one.sp.is_refused(browser.visits(one.sp.asks(inside=subject)))

    assert replace(told(second.name_id), relay_state=None) == replace(told("nobody"), relay_state=None)
