"""Prevents: holding the threads of enrollment by an identity provider that accepts connections and does not answer."""

import time
from base64 import urlsafe_b64encode
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from enrollment.idp_client import ANSWERS_WITHIN
from tests.actors.applicant import Applicant
from tests.actors.server import Said


@pytest.fixture
def silent(offering):
    """It accepts, and says nothing until the test has ended."""
    ended = Event()

    def says(_):
        ended.wait(30)
        return Said(status=503)

    offering.says = says
    yield offering
    ended.set()


def test_pages_answer_within_the_bound_and_one_call_at_a_time_is_made(enrollment, silent):
    """Also the first time, when there is no offer to show: the others wait for the same call."""
    people = [Applicant(enrollment.a_browser(address=f"192.0.2.{number}"), enrollment.address) for number in range(8)]
    for person in people:
        person.begins()
        person.has_no_card()

    def comes(person):
        begun = time.monotonic()
        status = person.says_who_they_are().status
        return status, time.monotonic() - begun

    with ThreadPoolExecutor(len(people)) as threads:
        answers = list(threads.map(comes, people))
    assert {status for status, _ in answers} == {503}
    assert max(took for _, took in answers) < 2 * ANSWERS_WITHIN.total_seconds() + 3
    assert len(silent.received) <= 2, "people share one call"


@pytest.mark.parametrize("attack", ["/backchannel-logout", "/sign-in"])
def test_strangers_hold_no_thread_for_longer_than_one_call(enrollment, silent, attack):
    """A logout token that nobody has signed, and the beginning of a sign-in, ask for its keys or its metadata."""
    token = ".".join(urlsafe_b64encode(part).decode().rstrip("=") for part in (b'{"alg":"RS256"}', b"{}", b"x"))

    def asks(number):
        browser, begun = enrollment.a_browser(address=f"192.0.2.{number}"), time.monotonic()
        posted = {"logout_token": token} if attack == "/backchannel-logout" else None
        status = browser.asks(f"{enrollment.address}{attack}", posting=posted).status_code
        return status, time.monotonic() - begun

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(asks, range(8)))
    assert {status for status, _ in answers} == {503}
    assert max(took for _, took in answers) < ANSWERS_WITHIN.total_seconds() + 3
    assert len(silent.received) == 1


def test_pages_that_need_no_offer_do_not_wait(enrollment, silent, stranger):
    begun = time.monotonic()
    assert stranger.visits("/").status == 200
    assert stranger.visits("/follow").status == 200
    assert time.monotonic() - begun < ANSWERS_WITHIN.total_seconds()
