"""The address that card software tells of removals.

Prevents: ending another person's session, or learning of it; going on without a card that was pulled.
"""

import base64
import secrets
from hashlib import sha256

import pytest

from relying_parties.policy import CardRemoval
from tests.journeys.test_card_removal import SESSION, Workstation, demanding, log_in_by_card, session_of, workstation
from tests.journeys.test_logout import is_logged_out

__all__ = ["demanding", "workstation"]


def posted(idp, **request):
    return idp.app.test_client().post("/card/removed", base_url=idp.issuer, **request)


def test_what_the_card_has_signed_does_not_end_the_session(idp, browser, dcc, demanding, workstation):
    """The hash is in each assertion, and the token cannot be computed from it."""
    presence = base64.urlsafe_b64encode(sha256(workstation.token).digest()).rstrip(b"=").decode()
    assert posted(idp, json={"token": presence}).status_code == 204
    assert not is_logged_out(browser, dcc)


@pytest.mark.parametrize(
    "request_",
    [
        {"json": {"token": secrets.token_urlsafe(32)}},
        {"json": {"token": "*" * 43}},
        {"json": {"token": ["a"]}},
        {"json": []},
        {"data": b"{", "content_type": "application/json"},
        {"data": b"\xff", "content_type": "application/json"},
        {"json": {"token": "A" * 5000}},
        {"data": {"token": "A" * 43}},
        {"data": b""},
    ],
)
def test_every_answer_is_the_same_whatever_is_posted(idp, browser, dcc, demanding, workstation, request_):
    answer = posted(idp, **request_)
    assert (answer.status_code, answer.get_data()) == (204, b"")
    assert not is_logged_out(browser, dcc)


def test_a_token_ends_no_session_but_its_own(idp, jeanne, paul, perinat):
    idp.amends(perinat, card_removal=CardRemoval.END_SESSION)
    hers, his = idp.a_browser(), idp.a_browser(address="198.51.100.7")
    hers.logs_in(jeanne, to=perinat)
    his.logs_in(paul, to=perinat)
    her_workstation, his_workstation = log_in_by_card(idp, hers), log_in_by_card(idp, his)
    his_workstation.tells()
    assert is_logged_out(his, perinat)
    assert not is_logged_out(hers, perinat)
    her_workstation.tells()
    assert is_logged_out(hers, perinat)


def test_who_signs_the_hash_of_another_s_card_does_not_take_the_removal_away_from_it(
    idp, browser, jeanne, paul, dcc, demanding, workstation, perinat
):
    attacker = idp.a_browser(address="198.51.100.7")
    attacker.logs_in(paul, to=perinat)
    log_in_by_card(idp, attacker, token=workstation.token)
    workstation.tells()
    assert is_logged_out(browser, dcc)


def test_a_card_is_pulled_again_after_it_was_asked_for_anew(idp, browser, dcc, perinat, workstation):
    """Prevents: a second removal that nobody hears of, because the session had known one."""
    workstation.tells()
    idp.amends(perinat, card_removal=CardRemoval.END_SESSION)
    again = log_in_by_card(idp, browser)
    perinat.signs_in(browser.visits(perinat.asks()))
    assert again.tells() == 204
    assert is_logged_out(browser, perinat)
    assert is_logged_out(browser, dcc), "the session has ended"


def test_a_card_that_is_pulled_before_its_login_has_ended_is_asked_for_again(
    idp, browser, jeanne, dcc, demanding, perinat
):
    """Prevents: a session without its card, for who takes it out as soon as it has signed."""
    idp.amends(perinat, card_removal=CardRemoval.KEEP)
    token = secrets.token_bytes(32)
    browser.logs_in(jeanne, to=perinat)
    assert Workstation(idp, token).tells() == 204
    log_in_by_card(idp, browser, token=token)
    assert is_logged_out(browser, demanding)
    assert not is_logged_out(browser, perinat), "which does not demand that the card stays"


def test_a_removal_counts_once(idp, browser, demanding, workstation, perinat):
    """Prevents: a token that ends the session of a later login."""
    idp.amends(demanding, card_removal=CardRemoval.KEEP)
    workstation.tells()
    log_in_by_card(idp, browser)
    idp.amends(demanding, card_removal=CardRemoval.END_SESSION)
    workstation.tells()
    assert not is_logged_out(browser, demanding)


def test_the_software_cannot_make_more_calls_than_a_hospital_has_workstations(idp, frozen):
    answers = [posted(idp, json={"token": secrets.token_urlsafe(32)}).status_code for _ in range(601)]
    assert answers[599:] == [204, 429]


def test_the_cookie_of_a_session_is_not_looked_at(idp, browser, dcc, demanding, workstation):
    """Prevents: a page of another site that ends the session of its visitor."""
    cookie = browser.cookies["localhost"][SESSION]
    answer = posted(idp, json={}, headers={"Cookie": f"{SESSION}={cookie}", "Origin": "https://evil.example"})
    assert answer.status_code == 204
    assert session_of(idp, browser)
