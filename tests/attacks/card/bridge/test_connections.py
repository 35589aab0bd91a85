"""Prevents: a page that opens every connection of its browser, so that no other page reaches the card software."""

import socket
import time
from contextlib import ExitStack

from tests.processes import PATIENCE, allowance

MOST_OF_A_BROWSER = 256
MOMENT = 5.0  # seconds, and what the machine may add; an idle connection is closed after twenty


def test_a_page_is_answered_while_another_holds_every_connection_of_its_browser(bridge):
    most = MOMENT + allowance(lambda: bridge.call("status"))
    with ExitStack() as held:
        for _ in range(MOST_OF_A_BROWSER):
            connection = held.enter_context(socket.create_connection(("127.0.0.1", bridge.port), timeout=PATIENCE))
            connection.sendall(b"POST /v1/sign HTTP/1.1\r\n")
        began = time.monotonic()
        assert bridge.call("status").status == 200
        assert time.monotonic() - began < most
