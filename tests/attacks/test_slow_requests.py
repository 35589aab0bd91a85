"""Prevents: a few connections that send slowly, or nothing, keeping everybody else out. Under both web servers."""

import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager

import pytest

from config.server.limits import BODY_TIMEOUT, HEAD_TIMEOUT, MOST_PENDING_BODIES
from tests.processes import allowance
from tests.web_servers import Server, a_get, a_post, answer_on, is_closed_within, running

pytestmark = pytest.mark.slow

AT_ONCE = HEAD_TIMEOUT / 2  # seconds, and what the machine may add; waiting for a slow one takes longer
A_WHILE = 8.0  # beyond a deadline


@pytest.fixture(scope="module", params=["granian", "gunicorn"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(request.param, tmp_path_factory.mktemp("served")) as server:
        yield server


@contextmanager
def held(server: Server, octets: bytes, *, times: int) -> Iterator[list[socket.socket]]:
    """So many connections on which only this was sent."""
    with ExitStack() as closed:
        yield [closed.enter_context(server.begins(octets)) for _ in range(times)]


@pytest.fixture
def others_are_answered_at_once(server: Server) -> Callable[[], bool]:
    """Asks five times for a person who reads a page, and for one who posts a form."""

    def are_answered() -> bool:
        return [server.gets().status, server.answers(a_post(b"a=b")).status] == [200, 200]

    most = AT_ONCE + allowance(are_answered)

    def at_once() -> bool:
        began = time.monotonic()
        return are_answered() and time.monotonic() - began < most

    return lambda: all(at_once() for _ in range(5))


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(a_post(b"a", length=100), id="bodies"),
        pytest.param(b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", id="chunks"),
        pytest.param(a_get()[:-2], id="heads"),
        pytest.param(b"", id="nothing"),
    ],
)
def test_hundreds_of_slow_requests_keep_nobody_out_and_are_ended(
    server: Server, sent: bytes, others_are_answered_at_once
) -> None:
    with held(server, sent, times=300) as slow:
        assert others_are_answered_at_once()
        end = time.monotonic() + max(HEAD_TIMEOUT, BODY_TIMEOUT) + A_WHILE
        assert all(is_closed_within(one, max(0.1, end - time.monotonic())) for one in slow)


@pytest.mark.parametrize("sent", [a_post(b"a", length=10_000), a_get()[:-2]], ids=["body", "head"])
def test_an_octet_now_and_then_buys_no_more_time(server: Server, sent: bytes) -> None:
    began = time.monotonic()
    with server.begins(sent) as slow:
        slow.settimeout(0.5)
        while time.monotonic() - began < max(HEAD_TIMEOUT, BODY_TIMEOUT) + A_WHILE:
            try:
                slow.sendall(b"a")
                if not slow.recv(65536):
                    break
            except TimeoutError:
                continue
            except ConnectionError:
                break
        else:
            pytest.fail("it is still listened to")


def test_a_connection_kept_alive_is_not_kept_for_ever(server: Server) -> None:
    with server.begins(a_get()) as idle:
        assert answer_on(idle).status == 200
        assert is_closed_within(idle, HEAD_TIMEOUT + A_WHILE)


def test_of_too_many_bodies_on_their_way_the_newest_arrive(server: Server, others_are_answered_at_once) -> None:
    """However many slow ones there are, a client with a usual pace is served."""
    with held(server, a_post(b"a", length=100), times=2 * MOST_PENDING_BODIES + 50):
        assert others_are_answered_at_once()


def test_a_client_that_never_reads_keeps_no_thread(server: Server, others_are_answered_at_once) -> None:
    """It asks again and again, one request behind the other, and takes no answer until nothing more can be sent."""
    with ExitStack() as closed, ThreadPoolExecutor(8) as clients:
        for _ in range(8):
            connection = closed.enter_context(socket.socket())
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
            connection.connect(("127.0.0.1", server.port))
            connection.settimeout(A_WHILE)
            clients.submit(_asks_for_ever, connection)
        clients.shutdown()
        assert others_are_answered_at_once()


def _asks_for_ever(connection: socket.socket) -> None:
    try:
        for _ in range(2000):
            connection.sendall(a_get("/" + "x" * 2000))
    except OSError:
        return


def test_a_body_that_is_cut_short_is_not_taken_for_a_whole_one(server: Server) -> None:
    for sent in (
        a_post(b"a=b", length=100),
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
    ):
        with server.begins(sent) as connection:
            connection.shutdown(socket.SHUT_WR)
            assert answer_on(connection).status != 200
