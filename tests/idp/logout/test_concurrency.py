"""One application whose server does not respond holds a limited number of threads."""

from datetime import timedelta
from threading import Barrier, Thread

import pytest

from config.jobs import Postponed
from idp.logout import concurrency
from idp.logout.concurrency import LATER, SOON, CallLimit, WaitingSlots


def test_one_page_more_takes_the_slot_of_the_page_that_has_waited_longest() -> None:
    slots = WaitingSlots(2)
    with slots.slot() as first, slots.slot() as second:
        assert not first.is_set()
        with slots.slot() as third:
            assert [first.is_set(), second.is_set(), third.is_set()] == [True, False, False]
        with slots.slot():
            assert not second.is_set(), "a slot was free again"


def test_of_simultaneous_pages_as_many_wait_as_there_are_slots() -> None:
    slots, together, kept = WaitingSlots(3), Barrier(12), []

    def page() -> None:
        with slots.slot() as taken:
            together.wait(30)
            kept.append(not taken.is_set())
            together.wait(30)

    threads = [Thread(target=page) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert kept.count(True) == 3


def test_calls_are_limited_for_each_application(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = CallLimit(2)
    with calls.call("silent"), calls.call("silent"):
        assert delay_of(calls, "silent") == SOON
        assert delay_of(calls, "another") is None
        monkeypatch.setattr(concurrency, "SLOW_AFTER", 0.0)
        assert delay_of(calls, "silent") == LATER
    assert delay_of(calls, "silent") is None


def delay_of(calls: CallLimit, application: str) -> timedelta | None:
    try:
        with calls.call(application):
            return None
    except Postponed as postponed:
        return postponed.delay
