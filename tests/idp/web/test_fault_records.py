"""What an operator can tell a developer of a request that was refused."""

from dataclasses import replace
from datetime import timedelta

import time_machine

from config.redis.rate_limits import Throttle
from config.redis.store import Store
from idp.web.fault_records import KEPT_FOR, FaultRecord, FaultRecords

WRONG_ADDRESS = FaultRecord(
    fault="redirect_uri.unregistered",
    received="https://dcc.example/calback",
    registered=("https://dcc.example/callback",),
)


def a_shelf(store: Store) -> FaultRecords:
    return FaultRecords(store, Throttle(store))


def test_a_reference_read_out_on_the_telephone_finds_the_fault(store: Store) -> None:
    faults = a_shelf(store)

    faults.keep("K4CVJ-Q7AYK", WRONG_ADDRESS, address="192.0.2.1")

    assert faults.find(" k4cvj-q7ayk ") == WRONG_ADDRESS


def test_a_fault_record_expires_after_a_day(store: Store) -> None:
    faults = a_shelf(store)
    with time_machine.travel("2026-03-02T08:00:00Z", tick=False) as clock:
        faults.keep("K4CVJ-Q7AYK", WRONG_ADDRESS, address="192.0.2.1")
        clock.shift(KEPT_FOR + timedelta(seconds=1))

        assert faults.find("K4CVJ-Q7AYK") is None


def test_a_stranger_cannot_fill_the_store_with_faults(store: Store) -> None:
    faults = a_shelf(store)

    for number in range(250):
        faults.keep(f"FAULT-{number:05}", WRONG_ADDRESS, address="192.0.2.1")

    kept = [number for number in range(250) if faults.find(f"FAULT-{number:05}")]
    assert kept == list(range(220))


def test_a_flood_of_one_fault_does_not_suppress_the_records_of_others(store: Store) -> None:
    faults = a_shelf(store)
    for number in range(1_000):
        faults.keep(f"FLOOD-{number:05}", WRONG_ADDRESS, address="192.0.2.1")
    another = replace(WRONG_ADDRESS, fault="saml.destination-wrong")

    faults.keep("K4CVJ-Q7AYK", another, address="192.0.2.99")

    assert faults.find("K4CVJ-Q7AYK") == another
