"""Which user's process is at the other end of a connection to 127.0.0.1.

Linux lists the TCP sockets with their users in /proc/net/tcp (proc(5)). Elsewhere the system does not say, and the
short code that both the page and the bridge's window show tells two users apart.
"""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

_SOCKETS: Final = Path("/proc/net/tcp")
_LOCAL, _REMOTE, _USER = 1, 2, 7  # columns


def is_another_user(environ: Mapping[str, Any]) -> bool:
    """Whether a request came from a process of another user; also when Linux does not list its socket."""
    if sys.platform != "linux":
        return False
    try:
        peer, own = int(environ["REMOTE_PORT"]), int(environ["SERVER_PORT"])
        users = users_of(_SOCKETS.read_text(encoding="ascii"), local=peer, remote=own)
    except (KeyError, ValueError, OSError):
        return True
    return users != {os.getuid()}


def users_of(table: str, *, local: int, remote: int) -> set[int]:
    """The users of the sockets of 127.0.0.1 that connect port `local` with port `remote`.

    Args:
        table: the text of /proc/net/tcp.
    """
    loopback = f"{int.from_bytes(bytes((127, 0, 0, 1)), sys.byteorder):08X}"
    addresses = f"{loopback}:{local:04X}", f"{loopback}:{remote:04X}"
    rows = (line.split() for line in table.splitlines()[1:])
    return {int(row[_USER]) for row in rows if len(row) > _USER and (row[_LOCAL], row[_REMOTE]) == addresses}
