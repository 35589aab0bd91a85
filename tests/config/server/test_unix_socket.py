"""A Unix socket that a worker serves: for its owner and group, and one process at a time."""

import socket
import stat

import pytest

from config.server.listening import CannotListen, listen_on_unix_socket


def test_its_owner_and_its_group_may_open_it(tmp_path):
    path = tmp_path / "listener.sock"
    with listen_on_unix_socket(path), socket.socket(socket.AF_UNIX) as caller:
        assert stat.S_IMODE(path.stat().st_mode) == 0o660
        caller.connect(str(path))


def test_a_socket_that_no_process_serves_is_replaced(tmp_path):
    path = tmp_path / "listener.sock"
    listen_on_unix_socket(path).close()
    listen_on_unix_socket(path).close()


def test_a_socket_that_another_process_serves_is_not_taken(tmp_path):
    path = tmp_path / "listener.sock"
    with listen_on_unix_socket(path), pytest.raises(CannotListen, match="another process"):
        listen_on_unix_socket(path)


def test_a_file_is_not_replaced(tmp_path):
    path = tmp_path / "listener.sock"
    path.write_text("kept")
    with pytest.raises(CannotListen):
        listen_on_unix_socket(path)
    assert path.read_text() == "kept"


def test_a_folder_that_is_missing_is_said(tmp_path):
    with pytest.raises(CannotListen, match="folder"):
        listen_on_unix_socket(tmp_path / "missing/listener.sock")
