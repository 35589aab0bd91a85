"""Prevents: passing for another at each request with the addresses of one's own IPv6 /64.

A subscriber is given a /64 at least: for every limit it is one address, as an IPv4 address is, however it is written.
"""

import ast
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from config.redis.rate_limits import Throttle
from config.redis.store import SharedRecord, Store
from idp.accounts.login_throttle import Attempt, LoginThrottle
from idp.web.fault_records import FaultRecord, FaultRecords
from tests.builders.accounts import AccountParts, a_visit

TREE = Path(__file__).parents[2]
ONE_NETWORK = ("2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff", "2001:DB8:1:2:0:0:0:1")
ANOTHER_NETWORK = "2001:db8:2::1"
FAULT = FaultRecord(fault="redirect_uri.unregistered", received="", registered=())

Use = Callable[[str], Any]


def logs_in(parts: AccountParts, store: Store) -> Use:
    throttle = LoginThrottle(store, parts.settings)
    return lambda address: throttle.reserve(
        Attempt(login="jdupont", address=address, client="a browser"), is_busy=lambda: False
    )


def asks_for_a_link(parts: AccountParts, store: Store) -> Use:
    return lambda address: parts.links.send("jdupont", a_visit(address))


def is_admitted(parts: AccountParts, store: Store) -> Use:
    """What the limits of artifacts and of links are made of."""
    return lambda address: Throttle(store).admit("anything", a_visit(address), at_once=1, every=1.0)


def meets_a_fault(parts: AccountParts, store: Store) -> Use:
    faults = FaultRecords(store, Throttle(store))
    return lambda address: [faults.keep(f"F{number}", FAULT, address=address) for number in range(201)]


def is_counted(parts: AccountParts, store: Store) -> Use:
    """What any limit of an address or of a network is made of."""
    window = {"limit": 1, "window": parts.settings.session_idle}
    throttle = Throttle(store)
    return lambda address: (
        throttle.allow_address("anything", address, **window),
        throttle.allow_network("anything else", address, **window),
    )


@pytest.mark.parametrize("limit", [logs_in, asks_for_a_link, is_admitted, meets_a_fault, is_counted])
def test_the_addresses_of_one_network_count_as_one(parts, store, limit):
    use = limit(parts, store)

    def counted_for(address: str) -> set[bytes]:
        store.link.execute("FLUSHALL", repeatable=False)
        use(address)
        return set(store.link.execute("KEYS", f"{SharedRecord.THROTTLE}*", repeatable=True))

    ours = {frozenset(counted_for(address)) for address in ONE_NETWORK}
    assert len(ours) == 1
    assert counted_for(ANOTHER_NETWORK) not in ours
    assert ours != {frozenset()}


def calls_of(method: str) -> list[tuple[Path, ast.Call]]:
    return [
        (path, call)
        for package in ("config", "idp", "relying_parties")
        for path in (TREE / package).rglob("*.py")
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == method
    ]


def test_no_limit_counts_an_address_as_it_was_received():
    """`allow` takes any key: an address must go by `allow_address`, `allow_network` or `places`."""
    calls = calls_of("allow")
    assert calls
    for path, call in calls:
        named = {node.id for argument in call.args for node in ast.walk(argument) if isinstance(node, ast.Name)}
        if path.name != "throttle.py" and "places" not in named:
            assert "address" not in named, f"{path}: {ast.unparse(call)}"
