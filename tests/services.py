"""Real services made small: each starts a private one in a folder and stops it afterwards."""

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from config.redis.embedded import answers, find_server


def start_redis(folder: Path) -> tuple[subprocess.Popen[bytes], Path]:
    """A redis-server that keeps nothing on disk, once it answers, and its socket."""
    socket = folder / "redis.sock"
    server = subprocess.Popen(
        [find_server().program, "--port", "0", "--unixsocket", socket, "--unixsocketperm", "600", "--dir", folder,
         "--save", "", "--appendonly", "no"],
        stdout=subprocess.DEVNULL,
    )  # fmt: skip
    while not answers(socket):
        if server.poll() is not None:
            raise RuntimeError(f"redis-server ended with status {server.returncode}")
    return server, socket


@contextmanager
def running_redis() -> Iterator[Path]:
    """The socket of a redis-server that lasts as long as the block, in a folder whose name is short enough."""
    with tempfile.TemporaryDirectory(prefix="redis-") as folder:
        server, socket = start_redis(Path(folder))
        try:
            yield socket
        finally:
            server.kill()
            server.wait()
