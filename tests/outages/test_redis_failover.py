"""The Redis primary is lost or demoted: what was done once stays done, and the service goes on with the next by itself.

Real servers and Sentinels, three of each. "By itself" is within `BACK_WITHIN` of the moment it happens, and what a busy
machine may add. The Sentinels take `DOWN_AFTER` to believe it and a few seconds to agree, and we ask them again for
each new connection.
"""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from config.redis.servers import condition, link_of
from config.redis.store import Put, Redeemed, RefusedByRedis, Store, StoreUnavailable
from config.settings_reader import read
from idp.record_kinds import IdpRecord
from idp.settings import Settings
from tests.conftest import DEVELOPMENT
from tests.fixtures.idp import furnish
from tests.outages.conftest import AT
from tests.processes import allowance, until
from tests.services_sentinels import WatchedRedis, server, watched_redis

BACK_WITHIN = 20.0  # seconds
HOUR = timedelta(hours=1)


@pytest.fixture
def watched() -> Iterator[WatchedRedis]:
    with watched_redis() as running:
        yield running


@pytest.fixture
def store(watched: WatchedRedis, tmp_path) -> Store:
    given = DEVELOPMENT | watched.settings | {"data_folder": str(tmp_path)}
    return Store(link_of(read(Settings, file=None, variables={}, given=given)))


def a_code(identifier: str) -> Put:
    value = {"client_id": "dcc", "grant": identifier}
    return Put(kind=IdpRecord.CODE, identifier=identifier, value=value, lifetime=HOUR, redeemable=True)


@dataclass
class Load:
    """Threads that store codes and redeem each of them again and again, as impatient or dishonest clients do."""

    store: Store
    redeemed: Counter[str] = field(default_factory=Counter)
    stored: list[str] = field(default_factory=list)
    faults: list[BaseException] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)

    def run(self, thread: int) -> None:
        number = 0
        while not self.stop.is_set():
            number += 1
            code = f"{thread}-{number}"
            try:
                self._one(code)
            except StoreUnavailable:
                self.stop.wait(0.01)
            except BaseException as fault:
                self.faults.append(fault)
                raise

    def _one(self, code: str) -> None:
        self.store.put_all([a_code(code)])
        self.stored.append(code)
        self.redeem(code)
        self.redeem(code)

    def redeem(self, code: str) -> None:
        if isinstance(self.store.redeem(IdpRecord.CODE, code, by="dcc", tombstone=HOUR), Redeemed):
            self.redeemed[code] += 1

    def during(self, event: Callable[[], object]) -> float:
        """Let it happen under load; how many seconds passed until a code was redeemed that was stored after it."""
        threads = [threading.Thread(target=self.run, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        try:
            until(lambda: len(self.redeemed) > 50, what="codes redeemed before")
            event()
            began, seen = time.monotonic(), len(self.redeemed)
            until(lambda: len(self.redeemed) > seen + 100, within=60, what="codes redeemed after")
            return time.monotonic() - began
        finally:
            self.stop.set()
            for thread in threads:
                thread.join()

    def redeem_all_again(self) -> None:
        for code in self.stored:
            with suppress(StoreUnavailable):
                self.redeem(code)


@pytest.mark.parametrize("event", ["killed", "demoted"])
def test_no_code_is_redeemed_twice_across_the_loss_of_the_primary(watched: WatchedRedis, store: Store, event: str):
    load = Load(store)
    most = BACK_WITHIN + allowance(watched.is_settled)
    happens = {"killed": lambda: watched.kill(watched.primary()), "demoted": watched.fail_over}[event]
    took = load.during(happens)
    load.redeem_all_again()
    assert load.faults == []
    assert [code for code, times in load.redeemed.items() if times > 1] == []
    assert took < most


def test_a_primary_that_hangs_is_left_for_the_next(watched: WatchedRedis, store: Store):
    store.ping()
    most = BACK_WITHIN + allowance(watched.is_settled)
    hung = watched.servers[watched.primary()]
    hung.send_signal(19)  # SIGSTOP: it holds its connections, and answers nothing
    try:
        began = time.monotonic()
        until(lambda: writes(store), within=60)
        assert time.monotonic() - began < most
    finally:
        hung.send_signal(18)
    until(lambda: watched.role(next(port for port, each in watched.servers.items() if each is hung)) == "slave")
    assert all(writes(store) for _ in range(5))


def test_a_redemption_that_no_replica_has_confirmed_does_not_count(watched: WatchedRedis, store: Store):
    """The primary alone may be about to be replaced by a replica that knows nothing of it."""
    primary = watched.primary()
    store.put_all([a_code("c")])
    for port, process in watched.servers.items():
        if port != primary:
            process.send_signal(19)
    try:
        with pytest.raises(StoreUnavailable, match="too few replicas confirmed"):
            store.redeem(IdpRecord.CODE, "c", by="dcc", tombstone=HOUR)
        assert store.get(IdpRecord.CODE, "unknown") is None  # reading goes on
    finally:
        for process in watched.servers.values():
            process.send_signal(18)


def test_sentinels_that_are_lost_but_one_still_name_the_primary(watched: WatchedRedis, store: Store):
    for position in (0, 1):
        with watched.sentinel(position) as sentinel, suppress(Exception):
            sentinel.execute_command("SHUTDOWN")
    assert writes(store)


def test_a_server_that_became_a_replica_is_not_ready_and_its_connections_are_dropped(watched: WatchedRedis):
    """Without Sentinels, behind an address that moves: the next connection may lead to the primary."""
    primary = watched.primary()
    replica = next(port for port in watched.servers if port != primary)
    with server(replica) as client:
        store = Store(client)
        store.ping()
        with pytest.raises(RefusedByRedis, match="READONLY"):
            store.put(IdpRecord.SESSION, "s", {}, lifetime=HOUR)
        assert not any(generation == store.link._generation for generation, _ in store.link._idle)
        with pytest.raises(RefusedByRedis):
            condition(store.link)
        client.execute_command("REPLICAOF", "NO", "ONE")
        assert writes(store)


def test_people_log_in_again_by_themselves_once_the_primary_is_killed(new_service, watched: WatchedRedis, jeanne):
    service = new_service(empty=True, **watched.settings)
    dcc = service.application("dcc", furnish_migrated(service).secrets["dcc"], at=AT["dcc"])
    service.start()
    stays = service.anyone()
    assert dcc.signs_in(stays.logs_in(jeanne, to=dcc))
    in_flight = dcc.answer(stays.visits(dcc.asks()))
    most = BACK_WITHIN + allowance(lambda: stays.visits(f"{service.issuer}/account"))
    watched.kill(watched.primary())
    began = time.monotonic()
    until(service.is_ready, within=60, what="readiness")
    assert time.monotonic() - began < most
    assert jeanne.name in stays.visits(f"{service.issuer}/account").text  # the session has outlived it
    assert dcc.redeems(in_flight).get_json()["error"] == "invalid_grant"
    assert dcc.signs_in(stays.visits(dcc.asks()))  # that login starts again, and asks nothing
    assert dcc.signs_in(service.anyone().logs_in(jeanne, to=dcc))
    assert service.log.count("redis does not answer") + service.log.count("redis refuses commands") <= 3
    service.stop()


def furnish_migrated(service):
    from config.sql.database import Database
    from idp.migrations import MIGRATIONS

    database = Database.open(service.settings)
    MIGRATIONS.migrate(database)
    database.close()
    return furnish(service.settings)


def writes(store: Store) -> bool:
    with suppress(StoreUnavailable):
        store.put(IdpRecord.SESSION, "s", {}, lifetime=HOUR)
        store.delete((IdpRecord.SESSION, "s"))
        return True
    return False
