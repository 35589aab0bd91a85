"""A code is redeemable only in the replication history in which it was issued, where a replica may become the primary.

A server that leaves the primary it followed begins a history of its own, as a replica does that Sentinels promote.
"""

from collections.abc import Iterator

import pytest
import redis

from config.redis.connection import RedisConnection, client_for
from config.redis.servers import condition
from config.redis.store import Put, Redeemed, RefusedByRedis, Replayed, Store, Unknown
from idp.record_kinds import IdpRecord
from tests.stores import HOUR, MINUTE

CODE = {"client_id": "dcc", "grant": "g", "account": None, "sid": "s"}


@pytest.fixture
def server(redis_url: str) -> Iterator[redis.Redis]:
    with client_for(redis_url) as client:
        yield client


@pytest.fixture
def watched(server: redis.Redis) -> Store:
    """The store of an installation whose primary Sentinels may replace."""
    return Store(RedisConnection(server.connection_pool, fails_over=True))


def promote(server: redis.Redis) -> None:
    server.execute_command("REPLICAOF", "127.0.0.1", "1")
    server.execute_command("REPLICAOF", "NO", "ONE")


def issue(store: Store) -> None:
    code = Put(kind=IdpRecord.CODE, identifier="c", value=CODE, lifetime=MINUTE, redeemable=True)
    beside = Put(kind=IdpRecord.GRANT, identifier="g", value={}, lifetime=MINUTE)
    assert store.put_all([beside, code])


def redeem(store: Store, *, by: str = "dcc") -> Redeemed | Replayed | Unknown:
    return store.redeem(IdpRecord.CODE, "c", by=by, tombstone=HOUR)


def test_a_code_is_redeemed_where_it_was_issued(watched: Store) -> None:
    issue(watched)
    redeemed = redeem(watched)
    assert isinstance(redeemed, Redeemed)
    assert redeemed.value.items() >= CODE.items()
    assert isinstance(redeem(watched), Replayed)


def test_a_code_issued_before_a_promotion_is_unknown(watched: Store, server: redis.Redis) -> None:
    issue(watched)
    promote(server)
    assert redeem(watched) == Unknown()
    issue(watched)
    assert isinstance(redeem(watched), Redeemed)


def test_a_code_redeemed_before_a_promotion_is_still_a_replay(watched: Store, server: redis.Redis) -> None:
    """RFC 6749 4.1.2: a second use SHOULD revoke the tokens of the first."""
    issue(watched)
    redeem(watched)
    promote(server)
    assert isinstance(redeem(watched), Replayed)


def test_only_redeemable_records_contain_the_history(watched: Store) -> None:
    issue(watched)
    code, grant = watched.get_many((IdpRecord.CODE, "c"), (IdpRecord.GRANT, "g"))
    assert code is not None
    assert grant is not None
    assert "history" in code
    assert "history" not in grant


def test_without_replicas_the_history_is_not_compared(store: Store, server: redis.Redis) -> None:
    issue(store)
    promote(server)
    assert isinstance(redeem(store), Redeemed)


def test_an_account_without_the_info_command_is_not_ready(watched: Store, server: redis.Redis) -> None:
    server.execute_command("ACL", "SETUSER", "default", "-info")
    try:
        with pytest.raises(RefusedByRedis, match="NOPERM"):
            condition(watched.link)
        with pytest.raises(RefusedByRedis):
            issue(watched)
    finally:
        server.execute_command("ACL", "SETUSER", "default", "+info")
    issue(watched)
