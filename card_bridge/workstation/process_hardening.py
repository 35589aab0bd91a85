"""Keeps the memory of this process to itself: no core dump, no debugger of the same user, private files."""

import ctypes
import os
import sys
from contextlib import suppress
from typing import Final

_PR_GET_DUMPABLE: Final = 3  # prctl(2)
_PR_SET_DUMPABLE: Final = 4


def harden_process() -> None:
    """A crash must not write a PIN to a disk, and another program of the person must not read it here."""
    os.umask(0o077)
    if os.name == "posix":
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):  # a C library without prctl: the limit above remains
            ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def is_hardened() -> bool | None:
    """Whether this process writes no core dump; None where the system does not say."""
    if sys.platform != "linux":
        return None
    import resource

    is_dumpable = ctypes.CDLL(None).prctl(_PR_GET_DUMPABLE, 0, 0, 0, 0) == 1
    return resource.getrlimit(resource.RLIMIT_CORE)[0] == 0 and not is_dumpable
