"""A bridge that answers on a port of its own, and requests to it as a browser would make them."""

import http.client
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread
from typing import Any
from urllib.parse import urlencode

from card_bridge.workstation.connection import CardReaders
from card_bridge.workstation.origins import Grants
from card_bridge.workstation.pin_entry.dialogs import Dialogs
from card_bridge.workstation.serve import listening_socket, make_app, make_server
from card_bridge.workstation.settings import BridgeSettings
from tests.ports import free_port

ORIGIN = "https://id.example"
NONCE = "n" * 43


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class RunningBridge:
    """Its port, and the file of its grants."""

    port: int
    grants: Grants

    def request(self, method: str, path: str, body: bytes | None = None, **headers: str | None) -> Answer:
        """Send a request with these headers, `_` for `-`; one that is None is left out."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        given = {name.replace("_", "-"): value for name, value in headers.items() if value is not None}
        try:
            connection.request(method, path, body=body, headers=given)
            response = connection.getresponse()
            return Answer(response.status, dict(response.getheaders()), response.read())
        finally:
            connection.close()

    def call(self, name: str, members: object = None, **headers: str | None) -> Answer:
        """A call as the script of an allowed page makes it, with some headers changed."""
        body = json.dumps({} if members is None else members).encode()
        return self.request("POST", f"/v1/{name}", body, **(page_headers() | headers))

    def navigate(self, path: str, **headers: str | None) -> Answer:
        """The navigation of a browser, from an address that was typed."""
        usual = {"Sec_Fetch_Mode": "navigate", "Sec_Fetch_Dest": "document", "Sec_Fetch_Site": "none"}
        return self.request("GET", path, **(usual | headers))

    def submit(self, path: str, fields: Mapping[str, str], **headers: str | None) -> Answer:
        """The form of one of its own pages, as a browser posts it."""
        usual: dict[str, str | None] = {
            "Origin": f"http://127.0.0.1:{self.port}",
            "Content_Type": "application/x-www-form-urlencoded",
            "Sec_Fetch_Mode": "navigate",
            "Sec_Fetch_Dest": "document",
            "Sec_Fetch_Site": "same-origin",
        }
        return self.request("POST", path, urlencode(fields).encode(), **(usual | headers))


def page_headers() -> dict[str, str | None]:
    return {
        "Origin": ORIGIN,
        "Content_Type": "application/json",
        "X_Poterne_Card": "1",
        "Sec_Fetch_Site": "cross-site",
        "Sec_Fetch_Mode": "cors",
        "Sec_Fetch_Dest": "empty",
    }


@contextmanager
def running_bridge(
    folder: Path,
    readers: CardReaders,
    dialogs: Dialogs,
    *,
    settings: BridgeSettings | None = None,
    port: int | None = None,
) -> Iterator[RunningBridge]:
    """A bridge over these readers, with its grants in `folder`, on a free port unless one is given."""
    port = port or free_port()
    used = settings or BridgeSettings(origins=(ORIGIN,))
    grants = Grants(folder / "state" / "grants.json")
    with listening_socket([port]) as listener:
        bridge, app = make_app(used, readers, dialogs, grants, port=port)
        server = make_server(app, listener)
        stopped = Event()

        def run() -> None:
            while not stopped.is_set():
                server.asyncore.loop(timeout=0.1, map=server._map, use_poll=True, count=1)

        thread = Thread(target=run, daemon=True)
        thread.start()
        try:
            yield RunningBridge(port, grants)
        finally:
            bridge.stop()
            # The threads of the server wake its loop when they have answered: they end first, then the loop, and what
            # both use is closed last.
            server.task_dispatcher.shutdown(timeout=60)
            stopped.set()
            server.trigger.pull_trigger()
            thread.join(60)
            server.asyncore.close_all(server._map)
