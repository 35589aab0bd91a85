"""Runs the bridge: one process for each user, on the first free port of the settings, on 127.0.0.1 only."""

import fcntl
import signal
import socket
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Final

from waitress.server import BaseWSGIServer, create_server

from card_bridge.workstation.app import BridgeApp
from card_bridge.workstation.bridge import Bridge
from card_bridge.workstation.calls import Calls
from card_bridge.workstation.connection import CardReaders
from card_bridge.workstation.files import grants_file, make_private_folder, runtime_folder
from card_bridge.workstation.gate import Gate
from card_bridge.workstation.hand_off import HandOff
from card_bridge.workstation.origin_client import OriginClient
from card_bridge.workstation.origins import Grants
from card_bridge.workstation.own_pages import OwnPages
from card_bridge.workstation.pin_entry.dialogs import Dialogs
from card_bridge.workstation.presence import PresenceWatch
from card_bridge.workstation.settings import BridgeSettings
from card_bridge.workstation.version import VERSION

_THREADS: Final = 8  # more than `app.SLOW_AT_ONCE` and the one signature of a page: the others answer at once
_CONNECTIONS: Final = 512  # a browser opens 256 at most, whichever page makes it; select(2) ends at 1024
_IDLE: Final = 20  # seconds: a connection that sends nothing is closed
_LARGEST_HEADERS: Final = 16_384  # octets
_LARGEST_REQUEST: Final = 65_536  # octets; the gate refuses a body over 4 kB with its own answer


class AlreadyRunning(Exception):
    """This user's bridge is already running."""


class FolderUnusable(Exception):
    """The folder of this user's running programs cannot be used. The message says why."""


class NoFreePort(Exception):
    """Every port of the settings is taken."""


def serve(
    settings: BridgeSettings, readers: CardReaders, dialogs: Dialogs, *, listening: Callable[[int], None]
) -> None:
    """Serve until the process is ended.

    Args:
        settings: of the files.
        readers: the computer's, or virtual ones.
        dialogs: what shows the questions.
        listening: called with the port once requests are answered.

    Raises:
        AlreadyRunning: another process of this user serves.
        FolderUnusable: the lock cannot be made.
        NoFreePort: there is no port left.
    """
    with _only_one() as port_file, listening_socket(settings.ports) as listener:
        port = int(listener.getsockname()[1])
        bridge, app = make_app(settings, readers, dialogs, Grants(grants_file()), port=port)
        server = make_server(app, listener)

        def end(_number: int, _frame: FrameType | None) -> None:
            bridge.stop()  # or a window would outlive the process
            sys.exit(0)  # the server ends its requests first

        signal.signal(signal.SIGTERM, end)
        port_file.write_text(f"{port}\n", encoding="ascii")
        listening(port)
        try:
            server.run()
        finally:
            bridge.stop()
            port_file.unlink(missing_ok=True)


def make_app(
    settings: BridgeSettings, readers: CardReaders, dialogs: Dialogs, grants: Grants, *, port: int
) -> tuple[Bridge, BridgeApp]:
    """The web application on `port`, and its operations, which the caller stops."""
    client = OriginClient(user_agent=f"card-bridge/{VERSION}", ca_file=settings.ca_file)
    bridge = Bridge(readers, dialogs, grants, PresenceWatch(client.post))
    gate = Gate(port=port, origins=settings.origins)
    app = BridgeApp(
        gate,
        Calls(bridge, pin_from_page=settings.pin_from_page),
        HandOff(bridge, client, settings.origins),
        OwnPages(settings, bridge, gate),
    )
    return bridge, app


def make_server(app: BridgeApp, listener: socket.socket) -> BaseWSGIServer:
    """A server that answers on `listener` once it runs."""
    return create_server(
        app,
        sockets=[listener],
        threads=_THREADS,
        channel_request_lookahead=1,  # it notices a page that was closed while the person is asked
        ident=None,
        channel_timeout=_IDLE,
        cleanup_interval=5,
        connection_limit=_CONNECTIONS,
        max_request_header_size=_LARGEST_HEADERS,
        max_request_body_size=_LARGEST_REQUEST,
        inbuf_overflow=_LARGEST_REQUEST,
    )


def running_port() -> int | None:
    """The port of this user's bridge; None when it does not run."""
    try:
        with _only_one():
            return None
    except FolderUnusable:
        return None
    except AlreadyRunning:
        pass
    try:
        return int((runtime_folder() / "port").read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None


@contextmanager
def _only_one() -> Iterator[Path]:
    """Hold this user's lock, and give the file that tells the port."""
    folder = runtime_folder()
    try:
        make_private_folder(folder)
        opened = (folder / "lock").open("a", encoding="ascii")
    except OSError as wrong:
        raise FolderUnusable(str(wrong)) from wrong
    with opened as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise AlreadyRunning from None
        yield folder / "port"


@contextmanager
def listening_socket(ports: Sequence[int]) -> Iterator[socket.socket]:
    """A socket on the first free port. It listens on 127.0.0.1 only: the network must not reach the reader."""
    for port in ports:
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        if sys.platform != "win32":  # there, it would let another program take the port over
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
            listener.listen(64)
        except OSError:
            listener.close()
            continue
        with listener:
            yield listener
        return
    raise NoFreePort
