"""`idp demo`, as `make demo` starts it."""

import re
import signal
import socket
import sqlite3
import subprocess
import sys
import urllib.request
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import pytest

from config.sql.database import SQLITE_FILE
from idp.demo.cards import BRIDGE_READY_HEADERS
from idp.demo.people import PEOPLE
from tests.demonstration import PORTS
from tests.ports import free_port, is_free

pytestmark = pytest.mark.slow

RUN = [sys.executable, "-c", "from idp.commands import main; main()", "demo"]


@contextmanager
def a_demonstration(folder: Path, first_port: int):
    command = [*RUN, "--folder", str(folder), "--first-port", str(first_port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.fixture
def first_port() -> int:
    """A free port; those of the other programs after it are free too."""
    port = free_port()
    while not all(is_free(port + after) for after in PORTS):
        port = free_port()
    return port


def output_until(process: subprocess.Popen[str], text: str) -> str:
    lines = []
    for line in process.stdout:
        lines.append(line)
        if text in line:
            return "".join(lines)
    raise AssertionError("".join(lines))


def trail(folder: Path) -> list[tuple[str, ...]]:
    with closing(sqlite3.connect(folder / SQLITE_FILE)) as database:
        return database.execute("SELECT id, kind FROM audit_event ORDER BY id").fetchall()


def test_the_demonstration_prints_its_addresses_and_accounts_and_stops_on_a_signal(tmp_path, first_port):
    with a_demonstration(tmp_path, first_port) as process:
        table = output_until(process, "Ctrl-C")
        assert table.startswith("Poterne is running"), "nothing went wrong before"
        assert all(person.login in table and person.password in table for person in PEOPLE)
        addresses = re.findall(r"http://\S+", table)
        assert len(addresses) == 8
        for address in addresses:
            request = urllib.request.Request(address, headers=BRIDGE_READY_HEADERS)  # noqa: S310 - our own
            with urllib.request.urlopen(request) as response:  # noqa: S310 - our own
                assert response.status == 200
        with urllib.request.urlopen(f"{addresses[0]}/account/request") as response:  # noqa: S310 - our own
            assert response.url == f"{addresses[1]}/", "the page to ask for an account is enrollment's"
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    with ExitStack() as held:
        for after in PORTS:
            held.enter_context(socket.create_server(("127.0.0.1", first_port + after)))

    made = trail(tmp_path)
    with a_demonstration(tmp_path, first_port) as process:
        output_until(process, "Ctrl-C")
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0
    assert trail(tmp_path) == made, "the second start created something again"
