"""One application that says nothing holds so many threads, and no more."""

from datetime import timedelta
from threading import Barrier, Thread

import pytest

from config.jobs import Postponed
from idp.logout import waiting
from idp.logout.waiting import LATER, SOON, CallsAtOnce, Places


def test_one_page_more_takes_the_place_of_the_one_that_has_waited_longest() -> None:
    places = Places(2)
    with places.one() as first, places.one() as second:
        assert not first.is_set()
        with places.one() as third:
            assert [first.is_set(), second.is_set(), third.is_set()] == [True, False, False]
        with places.one():
            assert not second.is_set(), "a place was free again"


def test_of_pages_that_come_together_as_many_wait_as_there_are_places() -> None:
    places, together, kept = Places(3), Barrier(12), []

    def page() -> None:
        with places.one() as given_away:
            together.wait(30)
            kept.append(not given_away.is_set())
            together.wait(30)

    threads = [Thread(target=page) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert kept.count(True) == 3


def test_an_application_is_called_so_often_at_once_and_others_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = CallsAtOnce(2)
    with calls.to("silent"), calls.to("silent"):
        assert delay_of(calls, "silent") == SOON
        assert delay_of(calls, "another") is None
        monkeypatch.setattr(waiting, "SLOW_AFTER", 0.0)
        assert delay_of(calls, "silent") == LATER
    assert delay_of(calls, "silent") is None


def delay_of(calls: CallsAtOnce, application: str) -> timedelta | None:
    try:
        with calls.to(application):
            return None
    except Postponed as postponed:
        return postponed.delay
