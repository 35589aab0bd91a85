"""Prevents: a service provider that uses the identifiers that another received for the same person."""

from dataclasses import replace

import pytest

from tests.actors.saml_logout import LeavingProvider
from tests.fixtures.logout import registers_leaving


@pytest.fixture
def two(idp, browser, jeanne) -> tuple[LeavingProvider, LeavingProvider]:
    """Two service providers in one session of Jeanne, and the assertions that each received."""
    one, other = registers_leaving(idp, "messagerie"), registers_leaving(idp, "carnet")
    return one, other


def signs_on_to_both(browser, jeanne, two):
    one, other = two
    browser.visits(one.sp.asks())
    first = one.sp.signs_on(browser.gives(jeanne))
    return first, other.sp.signs_on(browser.visits(other.sp.asks()))


def test_the_assertions_for_two_service_providers_cannot_be_linked(idp, browser, jeanne, two):
    first, second = signs_on_to_both(browser, jeanne, two)
    assert first.name_id != second.name_id
    assert first.session_index != second.session_index
    sid = next(iter(browser.cookies["localhost"][name] for name in browser.cookies["localhost"] if "session" in name))
    for given in (first, second):
        assert sid.partition(".")[0].encode() not in given.xml


@pytest.mark.parametrize("mixed", ["both", "name", "index"])
def test_a_service_provider_cannot_log_out_with_identifiers_of_another(idp, browser, jeanne, two, mixed):
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


def test_a_logout_of_one_session_keeps_the_others(idp, browser, jeanne, two):
    one, _ = two
    first, _ = signs_on_to_both(browser, jeanne, two)
    at_home = idp.a_browser()
    at_home.visits(one.sp.asks())
    one.sp.signs_on(at_home.gives(jeanne))
    idp.a_browser().visits(one.asks(first))
    assert browser.visits(one.sp.asks()).asks_for("password")
    assert one.sp.signs_on(at_home.visits(one.sp.asks()))


def test_a_service_provider_cannot_probe_identifiers_of_another(idp, browser, jeanne, two):
    """Core 3.4.1, Subject: a different answer would reveal that the identifier exists."""
    one, _ = two
    _, second = signs_on_to_both(browser, jeanne, two)

    def told(name: str):
        subject = f"<saml:Subject><saml:NameID>{name}</saml:NameID></saml:Subject>"
        return one.sp.is_refused(browser.visits(one.sp.asks(inside=subject)))

    assert replace(told(second.name_id), relay_state=None) == replace(told("nobody"), relay_state=None)
