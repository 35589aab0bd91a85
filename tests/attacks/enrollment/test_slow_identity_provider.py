"""Prevents: holding the threads of enrollment by an identity provider that accepts connections and does not answer."""

from base64 import urlsafe_b64encode
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from tests.actors.applicant import Applicant
from tests.actors.server import Said


@pytest.fixture
def silent(offering):
    """It accepts, and says nothing until the test has ended: a page that waits for its answer never comes."""
    ended = Event()

    def says(_):
        ended.wait()
        return Said(status=503)

    offering.says = says
    yield offering
    ended.set()


def test_pages_answer_without_an_offer_and_one_call_at_a_time_is_made(enrollment, silent):
    """Also the first time, when there is no offer to show: the others wait for the same call."""
    people = [Applicant(enrollment.a_browser(address=f"192.0.2.{number}"), enrollment.address) for number in range(8)]
    for person in people:
        person.begins()
        person.has_no_card()

    with ThreadPoolExecutor(len(people)) as threads:
        answers = list(threads.map(lambda person: person.says_who_they_are().status, people))
    assert set(answers) == {503}
    assert len(silent.received) <= 2, "people share one call"


@pytest.mark.parametrize("attack", ["/backchannel-logout", "/sign-in"])
def test_strangers_hold_no_thread_for_longer_than_one_call(enrollment, silent, attack):
    """A logout token that nobody has signed, and the beginning of a sign-in, ask for its keys or its metadata."""
    token = ".".join(urlsafe_b64encode(part).decode().rstrip("=") for part in (b'{"alg":"RS256"}', b"{}", b"x"))

    def asks(number):
        posted = {"logout_token": token} if attack == "/backchannel-logout" else None
        browser = enrollment.a_browser(address=f"192.0.2.{number}")
        return browser.asks(f"{enrollment.address}{attack}", posting=posted).status_code

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(asks, range(8)))
    assert set(answers) == {503}
    assert len(silent.received) == 1


def test_pages_that_need_no_offer_do_not_wait(silent, stranger):
    assert stranger.visits("/").status == 200
    assert stranger.visits("/follow").status == 200
    assert silent.received == []
