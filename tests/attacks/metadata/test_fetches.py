"""Prevents: requests to servers of an attacker's choice, and endless or enormous answers, when metadata are fetched."""

import gzip
import re
import socket
import tracemalloc
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from threading import Event, Thread

import pytest

from tests.actors.server import Said
from tests.attacks.metadata.documents import ACS, locations, stripped
from tests.builders.metadata import a_signer
from tests.fixtures.metadata import sp_metadata_over
from tests.processes import PATIENCE


@pytest.mark.parametrize(
    "location",
    [
        "file:///etc/passwd",
        "https://attacker.example/metadata",
        "http://127.0.0.1:1/metadata",
        "http://localhost/metadata",
        "//attacker.example/metadata",
        "gopher://attacker.example/",
        "http://[broken",
        "",
    ],
)
def test_a_redirect_to_another_origin_is_refused(sp_metadata, publisher, messaging, location):
    publisher.publishes(Said(status=302, headers={"Location": location}))
    (done,) = sp_metadata.service.refresh.named("messagerie")
    assert done.fault in ("redirected", "unreachable")
    assert locations(sp_metadata) == [ACS]


def test_a_gzip_bomb_costs_little(sp_metadata, publisher, messaging):
    publisher.publishes(Said(body=gzip.compress(b"\x20" * 100_000_000, 1), headers={"Content-Encoding": "gzip"}))
    tracemalloc.start()
    (done,) = sp_metadata.service.refresh.named("messagerie")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert done.fault == "too-large"
    assert peak < 8_000_000


@contextmanager
def a_server_that_never_ends(head, drip):
    """A server that sends `head`, then `drip` without end."""
    listening = socket.create_server(("127.0.0.1", 0))
    is_over = Event()

    def serve():
        try:
            connection, _ = listening.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(head)
                octets, pause = drip
                while not is_over.wait(pause):
                    connection.sendall(octets)
        except OSError:
            return

    running = Thread(target=serve, daemon=True)
    running.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/metadata"
    finally:
        is_over.set()
        listening.close()
        running.join(timeout=10)


@pytest.mark.parametrize(
    ("head", "drip", "fault"),
    [
        (b"HTTP/1.1 200 OK\r\n\r\n", (b"<x>" * 20_000, 0), "too-large"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 900000\r\n\r\n", (b"<", 0.05), "too-slow"),
        (b"HTTP/1.1 200 OK\r\n\r\n", (b"<", 0.05), "too-slow"),
        (b"HTTP/1.1 200 OK\r\n", (b"X: y\r\n", 0.05), "too-slow"),
        (b"", (b"", 0.05), "too-slow"),
    ],
    ids=["endless", "slow", "slow without a length", "slow head", "silent"],
)
def test_a_fetch_from_a_server_that_never_ends_is_aborted(database, tmp_path, head, drip, fault):
    within = timedelta(seconds=PATIENCE if fault == "too-large" else 1)
    hurried = sp_metadata_over(database, tmp_path, within=within)
    with a_server_that_never_ends(head, drip) as address:
        checked = hurried.service.check(address, certificate=a_signer().pem)
    (problem,) = checked.problems
    assert re.search("at most" if fault == "too-large" else "TimeoutError", problem.change)


def test_refused_metadata_are_not_fetched_again_at_once(sp_metadata, publisher, messaging):
    """Otherwise forged metadata would cause many calls."""
    publisher.publishes(stripped())
    sp_metadata.service.refresh.named("messagerie")
    asked = len(publisher.asked)
    for minutes in (0, 1, 4):
        assert list(sp_metadata.service.refresh.due(datetime.now(UTC) + timedelta(minutes=minutes))) == []
    assert len(publisher.asked) == asked
