"""The private Redis: its start, its restart, its stop, and the commands that use it."""

import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import psutil
import pytest

from config.redis.connection import client_for, socket_url
from config.redis.embedded import (
    AlreadySupervised,
    EmbeddedRedis,
    _private,
    answers,
    redis_for_a_command,
    socket_path,
)
from config.redis.server_program import EmbeddedRedisError, find_server_program
from config.redis.store import Store
from idp.record_kinds import IdpRecord
from idp.settings import Settings

pytestmark = pytest.mark.slow

HOUR = timedelta(hours=1)


def settings_in(folder: Path) -> Settings:
    return Settings.load(
        environment={},
        issuer="https://id.example",
        data_folder=str(folder),
        mail_from="id@id.example",
        key_encryption_key_file=str(folder / "kek"),
    )


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return settings_in(tmp_path)


@pytest.fixture
def embedded(settings: Settings) -> Iterator[EmbeddedRedis]:
    server = EmbeddedRedis(settings)
    server.start()
    yield server
    server.stop()


def test_the_server_answers_when_start_returns_and_has_ended_when_stop_returns(settings: Settings) -> None:
    server = EmbeddedRedis(settings)
    durations = []
    for _ in range(3):  # the shortest of three: the machine does other work too
        began = time.monotonic()
        server.start()
        durations.append(time.monotonic() - began)
        Store.of(settings).ping()
        server.stop()
    assert min(durations) < 2  # about 0.05 s on an idle machine
    assert server.pid is None
    assert not answers(server.socket)


def test_only_our_own_user_can_connect(embedded: EmbeddedRedis) -> None:
    assert stat.S_IMODE(embedded.socket.stat().st_mode) == 0o600
    assert stat.S_IMODE(embedded.socket.parent.stat().st_mode) == 0o700
    with client_for(socket_url(embedded.socket)) as client:
        assert client.config_get("port") == {"port": "0"}


def test_the_server_writes_every_change_to_a_file_and_evicts_nothing(embedded: EmbeddedRedis) -> None:
    with client_for(socket_url(embedded.socket)) as client:
        names = ("appendonly", "appendfsync", "maxmemory-policy", "save")
        configured = {name: client.config_get(name)[name] for name in names}
    assert configured == {
        "appendonly": "yes",
        "appendfsync": "everysec",
        "maxmemory-policy": "noeviction",
        "save": "",
    }


def test_the_server_uses_no_more_memory_than_the_setting_allows(embedded: EmbeddedRedis, settings: Settings) -> None:
    with client_for(socket_url(embedded.socket)) as client:
        assert client.config_get("maxmemory") == {"maxmemory": str(settings.private_redis_memory * 1024 * 1024)}


def test_the_data_folder_is_named_after_the_major_version(embedded: EmbeddedRedis, settings: Settings) -> None:
    """An older server starts empty on the append-only folder of a newer one."""
    server = find_server_program()
    assert any((settings.data_folder / "redis" / f"{server.family}-{server.version[0]}").glob("appendonly*"))


def test_records_survive_a_stop_and_a_start(settings: Settings) -> None:
    server, store = EmbeddedRedis(settings), Store.of(settings)
    server.start()
    store.put(IdpRecord.SESSION, "s", {"n": 1}, lifetime=HOUR)
    server.stop()
    server.start()
    assert store.get(IdpRecord.SESSION, "s") is not None
    server.stop()


def test_a_killed_server_is_started_again(embedded: EmbeddedRedis, settings: Settings) -> None:
    store = Store.of(settings)
    store.put(IdpRecord.SESSION, "s", {"n": 1}, lifetime=HOUR)
    assert not embedded.restart_if_dead()
    killed = embedded.pid
    assert killed is not None
    os.kill(killed, signal.SIGKILL)
    psutil.Process(killed).wait()
    assert embedded.restart_if_dead()
    assert embedded.pid not in (None, killed)
    store.ping()


def test_a_second_supervisor_does_not_start_a_second_server(embedded: EmbeddedRedis, settings: Settings) -> None:
    with pytest.raises(AlreadySupervised):
        EmbeddedRedis(settings).start(patience=0)
    assert answers(embedded.socket)


SUPERVISOR = """
import sys
from pathlib import Path
from config.redis.embedded import EmbeddedRedis
from tests.config.redis.test_embedded import settings_in
server = EmbeddedRedis(settings_in(Path(sys.argv[1])))
server.start()
print(server.pid, flush=True)
sys.stdin.read()
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="PDEATHSIG is Linux's")
def test_the_server_of_a_killed_supervisor_ends_before_the_next_one_starts(settings: Settings) -> None:
    supervisor = subprocess.Popen([sys.executable, "-c", SUPERVISOR, settings.data_folder], stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE, text=True)  # fmt: skip
    with supervisor:
        assert supervisor.stdout is not None
        left_behind = psutil.Process(int(supervisor.stdout.readline()))
        Store.of(settings).put(IdpRecord.SESSION, "s", {"n": 1}, lifetime=HOUR)
        supervisor.kill()
    following = EmbeddedRedis(settings)
    following.start()
    assert not left_behind.is_running() or left_behind.status() == psutil.STATUS_ZOMBIE
    assert Store.of(settings).get(IdpRecord.SESSION, "s") is not None
    following.stop()


# --- commands --------------------------------------------------------------------------------------------------------


def test_a_command_starts_a_server_and_stops_it(settings: Settings) -> None:
    with redis_for_a_command(settings):
        Store.of(settings).put(IdpRecord.SESSION, "s", {}, lifetime=HOUR)
    assert not answers(socket_path(settings))


def test_a_command_uses_the_server_that_runs_already(embedded: EmbeddedRedis, settings: Settings) -> None:
    with redis_for_a_command(settings):
        Store.of(settings).ping()
    assert answers(embedded.socket)


def test_a_command_that_fails_stops_its_server(settings: Settings) -> None:
    with pytest.raises(ZeroDivisionError), redis_for_a_command(settings):
        raise ZeroDivisionError
    assert not answers(socket_path(settings))


# --- the socket ------------------------------------------------------------------------------------------------------


def test_a_long_path_of_the_data_folder_is_replaced_by_a_short_one_that_is_always_the_same(tmp_path: Path) -> None:
    settings = settings_in(tmp_path / ("deep" * 20) / ("deeper" * 10))
    path = socket_path(settings)
    assert len(os.fsencode(path)) <= 100
    assert path == socket_path(settings)
    other = socket_path(settings_in(tmp_path / ("other" * 20)))
    assert path != other
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    server = EmbeddedRedis(settings)
    server.start()
    Store.of(settings).ping()
    server.stop()
    path.parent.rmdir()
    other.parent.rmdir()


def test_a_folder_of_another_user_is_refused(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its owner could run a Redis there and read our sessions."""
    monkeypatch.setattr(os, "getuid", lambda: 4242)
    with pytest.raises(EmbeddedRedisError, match="another user"):
        socket_path(settings)


def test_a_link_in_place_of_the_folder_is_refused(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (settings.data_folder / "redis").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(EmbeddedRedisError, match="another user"):
        _private(settings.data_folder / "redis")
