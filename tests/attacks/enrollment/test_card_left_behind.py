"""Prevents: a request that was left open, whose card vouches for what the next person at the workstation completes.

Operators read that a card has proved who the person is; the mailbox, to which the account's link goes, is the one that
was typed last.
"""

from dataclasses import replace
from datetime import timedelta

import pytest

from enrollment.applicant.card.kept import keep_card
from enrollment.requests.card import COUNTS_FOR
from tests.actors.applicant import ELOISE_TYPES
from tests.builders.cards import a_card
from tests.enrollment.applicant.test_check import the_link

A_SECOND = timedelta(seconds=1)
MINE = "quelqu.un@exemple.test"


@pytest.fixture
def enrollment_settings(enrollment_settings):
    return replace(enrollment_settings, card_offered=True)


@pytest.fixture
def with_card(eloise, enrollment):
    """She has had her card read in the first step, and said who she is."""
    eloise.begins()
    eloise.has_no_card()
    key = eloise.browser.cookies["127.0.0.1"]["__Host-enrollment-draft"]
    assert keep_card(enrollment.services.database, key, a_card())
    eloise.visits("/request/person")
    eloise.sends("street", **ELOISE_TYPES)
    return eloise


def is_asked_to_read_again(page):
    return (page.path, "n’est plus valable : lisez-la de nouveau" in page.text) == ("/request/card/read", True)


def vouches(request):
    return request.card_identity is not None or "card" in request.filled_by.values()


def test_a_card_counts_while_the_request_is_filled_in(clock, with_card, request_of):
    clock.shift(COUNTS_FOR - A_SECOND)
    with_card.visits("/request/profile")
    with_card.chooses()
    clock.shift(COUNTS_FOR - A_SECOND)
    assert with_card.visits("/request/check").path == "/request/check"
    assert vouches(request_of())


@pytest.mark.parametrize("path", ["card", "person", "profile"])
def test_a_request_that_is_opened_again_has_its_card_read_again(clock, with_card, request_of, path):
    clock.shift(COUNTS_FOR + A_SECOND)
    assert is_asked_to_read_again(with_card.visits(f"/request/{path}"))
    request = request_of()
    assert not vouches(request)
    assert (request.family_name, request.rpps, request.town) == ("", "", "Orléans"), "what was typed is kept"


def test_a_page_that_was_left_open_saves_what_is_typed_and_no_card(clock, with_card, request_of):
    with_card.visits("/request/person")
    clock.shift(COUNTS_FOR + A_SECOND)
    assert is_asked_to_read_again(with_card.sends("street", **ELOISE_TYPES | {"email": MINE}))
    request = request_of()
    assert (request.email, vouches(request)) == (MINE, False)


def test_the_last_page_that_was_left_open_sends_nothing(clock, with_card, request_of):
    with_card.visits("/request/profile")
    with_card.chooses()
    form = with_card.page.form_of("Terminer mon inscription")
    clock.shift(COUNTS_FOR + A_SECOND)
    assert is_asked_to_read_again(with_card.browser.submits(form))
    assert (request_of().state, vouches(request_of())) == ("draft", False)


def test_another_address_after_the_request_was_sent_is_not_vouched_for(clock, with_card, request_of):
    with_card.visits("/request/profile")
    with_card.chooses()
    clock.shift(timedelta(minutes=1))
    with_card.presses("Terminer mon inscription")
    assert vouches(request_of())
    clock.shift(COUNTS_FOR + A_SECOND)
    with_card.visits("/request/sent/address")
    with_card.sends("email", email=MINE)
    request = request_of()
    assert (request.email, request.family_name, vouches(request)) == (MINE, "DUPONT", False)


def test_a_link_to_resume_does_not_carry_the_card_to_another_browser(with_card, stranger, enrollment, request_of):
    with_card.visits("/resume")
    with_card.sends("email", email=request_of().email)
    stranger.browser.visits(the_link(enrollment.letters()[-1]))
    assert is_asked_to_read_again(stranger.presses("Reprendre ma demande"))
    assert not vouches(request_of())
