"""What may be forgotten, against a real redis-server."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config.redis.connection import client_for, socket_url
from config.redis.store import Put, Redeemed, Replayed, Store, Unknown, Written, fingerprint
from idp.record_kinds import IdpRecord
from tests.stores import HOUR, MINUTE, NOON, raced, without_expiry

CHAIN = ((IdpRecord.GRANT, "grant"), (IdpRecord.SESSION, "sid"))
"""An access token names its grant, and the grant its session."""

# --- one record ------------------------------------------------------------------------------------------------------

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@pytest.mark.slow
@given(value=st.dictionaries(st.text().filter(lambda name: name != "expires_at"), json_values, max_size=4))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_record_reads_back_the_same(store: Store, value: dict[str, Any]) -> None:
    store.put(IdpRecord.SESSION, "s", value, lifetime=MINUTE)
    assert without_expiry(store.get(IdpRecord.SESSION, "s")) == value


def test_records_of_different_kinds_are_separate(store: Store) -> None:
    store.put(IdpRecord.SESSION, "x", {"is": "session"}, lifetime=MINUTE)
    assert store.get(IdpRecord.PENDING, "x") is None


def test_a_record_expires_by_our_clock(store: Store) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        store.put(IdpRecord.SESSION, "s", {"a": 1}, lifetime=MINUTE)
        store.put(IdpRecord.CODE, "c", {"client_id": "dcc"}, lifetime=MINUTE)
        clock.shift(59.9)
        assert store.get(IdpRecord.SESSION, "s") is not None
        clock.shift(0.1)
        assert store.get(IdpRecord.SESSION, "s") is None
        assert store.get_many((IdpRecord.SESSION, "s")) == [None]
        assert store.take(IdpRecord.SESSION, "s") is None
        assert store.redeem(IdpRecord.CODE, "c", by="dcc", tombstone=HOUR) == Unknown()


def test_redis_deletes_expired_records(store: Store, redis_socket: Path) -> None:
    store.put(IdpRecord.SESSION, "s", {}, lifetime=MINUTE)
    with client_for(socket_url(redis_socket)) as client:
        assert 59_000 < client.pttl("session:s") <= 60_000


def test_several_records_are_read_in_order(store: Store) -> None:
    store.put(IdpRecord.SESSION, "s", {"n": 1}, lifetime=MINUTE)
    store.put(IdpRecord.ACTIVE, "a", {"n": 2}, lifetime=MINUTE)
    answers = store.get_many((IdpRecord.ACTIVE, "a"), (IdpRecord.CODE, "none"), (IdpRecord.SESSION, "s"))
    assert [without_expiry(answer) for answer in answers] == [{"n": 2}, None, {"n": 1}]
    assert store.get_many() == []


def test_a_deleted_record_cannot_be_read(store: Store) -> None:
    store.put(IdpRecord.SESSION, "s", {}, lifetime=MINUTE)
    store.put(IdpRecord.ACTIVE, "a", {}, lifetime=MINUTE)
    store.delete((IdpRecord.SESSION, "s"), (IdpRecord.ACTIVE, "a"), (IdpRecord.CODE, "never was"))
    store.delete()
    assert store.get_many((IdpRecord.SESSION, "s"), (IdpRecord.ACTIVE, "a")) == [None, None]


def test_a_session_is_replaced_only_if_it_has_not_changed(store: Store) -> None:
    store.put(IdpRecord.SESSION, "s", {"n": 1, "empty": [], "ratio": 0.1}, lifetime=MINUTE)
    seen = store.get(IdpRecord.SESSION, "s")
    assert seen is not None
    assert store.replace(IdpRecord.SESSION, "s", seen, {**seen, "n": 2})
    assert not store.replace(IdpRecord.SESSION, "s", seen, {**seen, "n": 3})
    now = store.get(IdpRecord.SESSION, "s")
    assert now == {**seen, "n": 2}


def test_a_late_request_does_not_restore_an_ended_session(store: Store) -> None:
    store.put(IdpRecord.SESSION, "s", {"n": 1}, lifetime=MINUTE)
    seen = store.get(IdpRecord.SESSION, "s")
    assert seen is not None
    store.delete((IdpRecord.SESSION, "s"))
    assert not store.replace(IdpRecord.SESSION, "s", seen, {"n": 2}, lifetime=HOUR)
    assert store.get(IdpRecord.SESSION, "s") is None


def test_a_replacement_can_extend_the_lifetime(store: Store) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        store.put(IdpRecord.SESSION, "s", {"n": 1}, lifetime=MINUTE)
        seen = store.get(IdpRecord.SESSION, "s")
        assert seen is not None
        assert store.replace(IdpRecord.SESSION, "s", seen, {"n": 2}, lifetime=HOUR)
        clock.shift(120)
        assert without_expiry(store.get(IdpRecord.SESSION, "s")) == {"n": 2}
        clock.shift(3600)
        assert not store.replace(IdpRecord.SESSION, "s", seen, {"n": 3})


# --- once ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("racers", [2, 16])
def test_one_of_many_redemptions_succeeds_and_the_others_get_the_grant_to_revoke(store: Store, racers: int) -> None:
    """RFC 6749 4.1.2: the client MUST NOT use the authorization code more than once."""
    for attempt in range(10):
        code = f"code-{attempt}"
        store.put(IdpRecord.CODE, code, {"client_id": "dcc", "grant": "g", "nonce": "n"}, lifetime=MINUTE)
        answers = raced(racers, lambda code=code: store.redeem(IdpRecord.CODE, code, by="dcc", tombstone=HOUR))
        won = [answer for answer in answers if isinstance(answer, Redeemed)]
        lost = [answer for answer in answers if isinstance(answer, Replayed)]
        assert [answer.value["nonce"] for answer in won] == ["n"]
        assert [answer.value["grant"] for answer in lost] == ["g"] * (racers - 1)


def test_another_client_cannot_redeem_or_read_a_code(store: Store) -> None:
    store.put(IdpRecord.CODE, "c", {"client_id": "dcc", "grant": "g"}, lifetime=MINUTE)
    assert store.redeem(IdpRecord.CODE, "c", by="perinat", tombstone=HOUR) == Unknown()
    assert isinstance(store.redeem(IdpRecord.CODE, "c", by="dcc", tombstone=HOUR), Redeemed)
    assert store.redeem(IdpRecord.CODE, "c", by="perinat", tombstone=HOUR) == Unknown()
    assert isinstance(store.redeem(IdpRecord.CODE, "c", by="dcc", tombstone=HOUR), Replayed)


def test_a_tombstone_outlives_the_code(store: Store) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        store.put(IdpRecord.CODE, "c", {"client_id": "dcc", "grant": "g"}, lifetime=MINUTE)
        store.redeem(IdpRecord.CODE, "c", by="dcc", tombstone=HOUR)
        clock.shift(3599)
        assert isinstance(store.redeem(IdpRecord.CODE, "c", by="dcc", tombstone=HOUR), Replayed)
        clock.shift(1)
        assert store.redeem(IdpRecord.CODE, "c", by="dcc", tombstone=HOUR) == Unknown()


def test_other_operations_do_not_see_a_redeemed_code(store: Store) -> None:
    store.put(IdpRecord.CODE, "c", {"client_id": "dcc", "grant": "g"}, lifetime=MINUTE)
    store.redeem(IdpRecord.CODE, "c", by="dcc", tombstone=HOUR)
    assert store.get(IdpRecord.CODE, "c") is None
    assert store.get_chain(IdpRecord.CODE, "c", through=CHAIN) == [None, None, None]
    assert not store.put_all([], while_exist=[(IdpRecord.CODE, "c")])


def test_an_unknown_code_is_unknown(store: Store) -> None:
    assert store.redeem(IdpRecord.CODE, "none", by="dcc", tombstone=HOUR) == Unknown()


def test_one_of_many_takers_gets_the_record(store: Store) -> None:
    for _ in range(10):
        store.put(IdpRecord.PASSWORD_LINK, "l", {"account": "a"}, lifetime=MINUTE)
        answers = raced(16, lambda: store.take(IdpRecord.PASSWORD_LINK, "l"))
        assert [without_expiry(answer) for answer in answers if answer] == [{"account": "a"}]


def test_one_of_many_puts_of_a_new_record_succeeds(store: Store) -> None:
    assert raced(16, lambda: store.put_new(IdpRecord.SESSION, "s", {}, lifetime=MINUTE)).count(True) == 1
    assert raced(16, lambda: store.add_once(IdpRecord.ONCE, "jti", lifetime=MINUTE)).count(True) == 1


# --- several at once -------------------------------------------------------------------------------------------------


def code_and_participation(lifetime: timedelta = MINUTE) -> list[Put]:
    return [
        Put(kind=IdpRecord.CODE, identifier="c", value={"client_id": "dcc"}, lifetime=lifetime),
        Put(kind=IdpRecord.PARTICIPATION, identifier="s", field="dcc", value={"at": 1}, lifetime=lifetime),
    ]


def test_several_are_written_together(store: Store) -> None:
    assert store.put_all(code_and_participation())
    assert without_expiry(store.get(IdpRecord.CODE, "c")) == {"client_id": "dcc"}
    assert {name: without_expiry(value) for name, value in store.fields(IdpRecord.PARTICIPATION, "s").items()} == {
        "dcc": {"at": 1}
    }


def test_nothing_is_written_after_the_session_has_ended(store: Store) -> None:
    """A sign-in that races with a logout must not leave a code behind."""
    assert not store.put_all(code_and_participation(), while_exist=[(IdpRecord.SESSION, "s")])
    assert store.get(IdpRecord.CODE, "c") is None
    assert store.fields(IdpRecord.PARTICIPATION, "s") == {}


def test_everything_is_written_while_the_session_is_valid_by_our_clock(store: Store) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        store.put(IdpRecord.SESSION, "s", {"x": '"expires_at":9999999999999'}, lifetime=MINUTE)
        assert store.put_all(code_and_participation(HOUR), while_exist=[(IdpRecord.SESSION, "s")])
        clock.shift(60)
        assert not store.put_all(code_and_participation(HOUR), while_exist=[(IdpRecord.SESSION, "s")])


USED = Put(kind=IdpRecord.ONCE, identifier="r", value={}, lifetime=MINUTE)


def test_several_records_are_written_with_a_new_one_or_not_at_all(store: Store) -> None:
    """A request is answered once: what its first answer wrote stays as it is."""
    assert store.put_all_once(USED, code_and_participation()) is Written.ALL
    other = Put(kind=IdpRecord.CODE, identifier="c", value={"client_id": "perinat"}, lifetime=MINUTE)
    assert store.put_all_once(USED, [other]) is Written.DUPLICATE
    assert without_expiry(store.get(IdpRecord.CODE, "c")) == {"client_id": "dcc"}
    assert not store.add_once(IdpRecord.ONCE, "r", lifetime=MINUTE)


def test_an_ended_session_does_not_use_up_a_request(store: Store) -> None:
    assert (
        store.put_all_once(USED, code_and_participation(), while_exist=[(IdpRecord.SESSION, "s")])
        is Written.GUARD_MISSING
    )
    assert store.get(IdpRecord.CODE, "c") is None
    assert store.add_once(IdpRecord.ONCE, "r", lifetime=MINUTE)


def test_a_known_record_is_reported_before_an_ended_session(store: Store) -> None:
    """Of a request that was answered, nobody begins a login because the session has ended since."""
    assert store.put_all_once(USED, []) is Written.ALL
    assert store.put_all_once(USED, [], while_exist=[(IdpRecord.SESSION, "s")]) is Written.DUPLICATE


def test_one_of_many_writers_of_the_same_new_record_succeeds(store: Store) -> None:
    assert raced(8, lambda: store.put_all_once(USED, code_and_participation())).count(Written.ALL) == 1


def test_each_field_of_a_hash_has_its_own_lifetime(store: Store, redis_socket: Path) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        for field, lifetime in (("long", HOUR), ("short", MINUTE)):
            store.put_all([Put(kind=IdpRecord.PARTICIPATION, identifier="s", field=field, value={}, lifetime=lifetime)])
        clock.shift(61)
        assert list(store.fields(IdpRecord.PARTICIPATION, "s")) == ["long"]
    with client_for(socket_url(redis_socket)) as client:
        assert client.pttl("participation:s") > 3_590_000


def test_a_token_is_followed_to_its_grant_and_session(store: Store) -> None:
    store.put(IdpRecord.TOKEN, "t", {"grant": "g"}, lifetime=MINUTE)
    store.put(IdpRecord.GRANT, "g", {"sid": "s"}, lifetime=MINUTE)
    store.put(IdpRecord.SESSION, "s", {"account": "a"}, lifetime=MINUTE)
    answers = store.get_chain(IdpRecord.TOKEN, "t", through=CHAIN)
    assert [without_expiry(answer) for answer in answers] == [{"grant": "g"}, {"sid": "s"}, {"account": "a"}]


def test_a_chain_stops_at_a_missing_record(store: Store) -> None:
    store.put(IdpRecord.TOKEN, "t", {"grant": "g", "sid": None}, lifetime=MINUTE)
    assert [without_expiry(answer) for answer in store.get_chain(IdpRecord.TOKEN, "t", through=CHAIN)] == [
        {"grant": "g", "sid": None},
        None,
        None,
    ]
    assert store.get_chain(IdpRecord.TOKEN, "none", through=CHAIN) == [None, None, None]
    assert store.get_chain(IdpRecord.TOKEN, "none", through=()) == [None]


def test_a_chain_finds_a_field_in_earlier_records_too(store: Store) -> None:
    store.put(IdpRecord.TOKEN, "t", {"grant": "g", "sid": "s"}, lifetime=MINUTE)
    store.put(IdpRecord.SESSION, "s", {"account": "a"}, lifetime=MINUTE)
    assert [without_expiry(answer) for answer in store.get_chain(IdpRecord.TOKEN, "t", through=CHAIN)][1:] == [
        None,
        {"account": "a"},
    ]


def test_a_signal_wakes_the_waiting_process_or_the_next_one(store: Store) -> None:
    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(store.wait_for_notification, "jobs", at_most=MINUTE)
        store.notify("jobs")
        assert waiting.result()
    for _ in range(3):
        store.notify("jobs")
    assert store.wait_for_notification("jobs", at_most=MINUTE)
    assert not store.wait_for_notification("jobs", at_most=timedelta(milliseconds=1))


def test_a_fingerprint_is_sha_256() -> None:
    assert fingerprint("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
