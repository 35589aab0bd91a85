"""A smart card service of its own for each process of the tests: pcscd with vsmartcard's virtual reader.

vpcd listens on every address, so that the service runs in a network namespace. The path of its socket is compiled into
pcscd, so that it runs in a mount namespace too; clients find the socket by PCSCLITE_CSOCK_NAME (pcsclite(7)).

The library of PC/SC reads that name once in a process. It is therefore set when this module is imported, to a link that
`running_pcscd` places: no test reaches the smart card service of the machine.
"""

import ctypes
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from threading import Thread

from card_bridge.workstation.virtual.vpcd import FIRST_PORT, VpcdReader
from tests.processes import PATIENCE, until_ready

SLOTS = 2  # of vpcd
_LINK = Path(tempfile.gettempdir()) / f"poterne-tests-{os.getpid()}.comm"
_RUN = "/run/pcscd"
_NETWORK = 0x40000000  # CLONE_NEWNET

os.environ["PCSCLITE_CSOCK_NAME"] = str(_LINK)

_START = f"""
set -e
mount --make-rprivate /
mkdir -p {_RUN}
mount --bind "$1" {_RUN}
ip link set lo up
exec pcscd --foreground --info
"""


@dataclass(frozen=True, slots=True)
class SmartCardService:
    """A running pcscd."""

    process: subprocess.Popen[bytes]
    socket: Path
    log: Path

    @property
    def environment(self) -> dict[str, str]:
        """What a client's process needs to find it."""
        return {"PCSCLITE_CSOCK_NAME": str(self.socket)}

    def reader(self, slot: int = 0) -> VpcdReader:
        """A slot of its virtual reader, to insert cards in."""
        return VpcdReader(lambda: self.connect(FIRST_PORT + slot))

    def sees_card(self, slot: int = 0) -> bool:
        """Whether the service has noticed a card in a slot. It looks every few hundred milliseconds."""
        listed = subprocess.run(
            ["opensc-tool", "--list-readers"],
            env=os.environ | self.environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        line = next(line for line in listed.stdout.splitlines() if line.startswith(f"{slot} "))
        return line.split()[1] == "Yes"

    def connect(self, port: int) -> socket.socket:
        """A connection to a port of the service's own network."""
        return _in_network_of(self.process.pid, lambda: socket.create_connection(("127.0.0.1", port), timeout=5))


@contextmanager
def running_pcscd(folder: Path) -> Iterator[SmartCardService]:
    """Start pcscd, and stop it at the end. It needs root, as namespaces do."""
    for program in ("pcscd", "unshare", "ip"):
        assert shutil.which(program, path=os.environ["PATH"] + ":/usr/sbin"), f"{program} is missing: make debian"
    assert os.geteuid() == 0, "the tests of the smart card service need root"
    run = folder / "run"
    run.mkdir(parents=True)
    run.chmod(0o755)
    log = folder / "pcscd.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            ["unshare", "--net", "--mount", "bash", "-c", _START, "pcscd", str(run)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=os.environ | {"PATH": os.environ["PATH"] + ":/usr/sbin"},
        )
    service = SmartCardService(process, run / "pcscd.comm", log)
    try:
        until_ready(process, lambda: _listens(service), log=log)
        _LINK.symlink_to(service.socket)
        yield service
    finally:
        _LINK.unlink(missing_ok=True)
        process.terminate()
        process.wait(PATIENCE)


def _listens(service: SmartCardService) -> bool:
    """Whether clients and cards can connect."""
    try:
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(service.socket))
        service.connect(FIRST_PORT).close()
    except OSError:
        return False
    return True


def _in_network_of(process: int, opened: Callable[[], socket.socket]) -> socket.socket:
    """Open a socket in the network namespace of a process. A thread that ends with it enters the namespace."""
    results: SimpleQueue[socket.socket | OSError] = SimpleQueue()
    libc = ctypes.CDLL(None, use_errno=True)

    def enter() -> None:
        try:
            with Path(f"/proc/{process}/ns/net").open("rb") as namespace:
                if libc.setns(namespace.fileno(), _NETWORK):
                    raise OSError(ctypes.get_errno(), "setns")  # noqa: TRY301 - an error of the same kind
            results.put(opened())
        except OSError as error:
            results.put(error)

    thread = Thread(target=enter)
    thread.start()
    thread.join()
    result = results.get()
    if isinstance(result, OSError):
        raise result
    return result
