"""After a logout, an address that the application has not registered: nobody is sent there, and the person is told."""

import re

import pytest

from tests.journeys.test_logout import is_logged_out

CODE = "post_logout_redirect_uri.unregistered"
ELSEWHERE = "https://elsewhere.example/signed-out"


def is_told(idp, page) -> bool:
    """The sentence, the code, and a reference that leads to what was received; no link to it."""
    assert "Le retour à l'application n'est pas possible" in page.text.replace("’", "'")
    assert CODE in page.text
    assert not [link for link in page.links if link.address.startswith("https://elsewhere.example")]
    assert "elsewhere.example" not in page.text
    reference = re.search(r"Référence ([0-9A-Z]{5}-[0-9A-Z]{5})", page.text)[1]
    record = idp.services.faults.find(reference)
    assert (record.fault, record.received) == (CODE, ELSEWHERE)
    return True


def test_a_logout_that_ends_at_once(idp, browser, jeanne, dcc):
    """RP-Initiated Logout 1.0 section 3: MUST NOT redirect; the session has ended all the same."""
    signed_in = dcc.signs_in(browser.logs_in(jeanne, to=dcc))
    page = browser.visits(dcc.asks_to_log_out(signed_in, post_logout_redirect_uri=ELSEWHERE))
    assert is_told(idp, page)
    record = idp.services.faults.find(re.search(r"Référence (\S+)", page.text)[1])
    assert dcc.post_logout_redirect_uri in record.registered
    assert is_logged_out(browser, dcc)


def test_a_logout_that_the_person_confirms(idp, browser, jeanne, dcc):
    browser.logs_in(jeanne, to=dcc)
    page = browser.visits(dcc.asks_to_log_out(None, post_logout_redirect_uri=ELSEWHERE))
    assert is_told(idp, browser.submits(page.form_of("Me déconnecter")))
    assert is_logged_out(browser, dcc)


def test_a_logout_without_a_session(idp, browser, dcc):
    assert is_told(idp, browser.visits(dcc.asks_to_log_out(None, post_logout_redirect_uri=ELSEWHERE)))


def test_a_logout_of_which_nobody_knows_who_asks(idp, browser, jeanne, dcc):
    """Without a client_id or a hint no address is anybody's."""
    browser.logs_in(jeanne, to=dcc)
    page = browser.visits(dcc.asks_to_log_out(None, client_id=None, post_logout_redirect_uri=ELSEWHERE))
    assert is_told(idp, browser.submits(page.form_of("Me déconnecter")))


def test_it_is_told_after_the_stops_at_other_applications(idp, browser, jeanne, dcc, messagerie):
    """The page that says it comes at the end, and can be read again."""
    signed_in = dcc.signs_in(browser.logs_in(jeanne, to=dcc))
    messagerie.signs_on(browser.visits(messagerie.asks()))
    page = browser.visits(dcc.asks_to_log_out(signed_in, post_logout_redirect_uri=ELSEWHERE))
    assert is_told(idp, page)
    assert is_told(idp, browser.visits(page.url))


@pytest.mark.parametrize("asked", [None, ""])
def test_without_an_address_nothing_is_said_of_one(browser, jeanne, dcc, asked):
    signed_in = dcc.signs_in(browser.logs_in(jeanne, to=dcc))
    page = browser.visits(dcc.asks_to_log_out(signed_in, post_logout_redirect_uri=asked))
    assert CODE not in page.text
    assert page.status == 200
