"""Processes as those see them who are not their parents: one has ended whether or not anybody reaps it."""

import subprocess
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from threading import Event
from typing import Any, TypeVar

import psutil

PATIENCE = 60.0  # seconds; a machine that is busy with other tests may need them

T = TypeVar("T")


def until(happened: Callable[[], T | None], *, within: float = PATIENCE, what: str = "what was awaited") -> T:
    """What `happened` gives, as soon as it gives something true."""
    end = time.monotonic() + within
    while not (result := happened()):
        assert time.monotonic() < end, f"{what} did not come within {within:.0f} s"
        Event().wait(0.02)
    return result


def allowance(usual: Callable[[], object]) -> float:
    """Seconds that a slow or busy machine may add to a limit of time: ten times what something usual takes now."""
    began = time.monotonic()
    usual()
    return 10 * (time.monotonic() - began)


def until_ready(process: subprocess.Popen[bytes], is_ready: Callable[[], object], *, log: Path) -> None:
    """Return once a program that was just started is ready; fail with what is in its `log` as soon as it has ended."""
    end = time.monotonic() + PATIENCE
    while True:
        status = process.poll()
        wrote = f"{process.args}\nstatus: {status}\n{log.read_text(encoding='utf-8', errors='replace')[-4000:]}"
        assert status is None, f"ended: {wrote}"
        if is_ready():
            return
        assert time.monotonic() < end, f"not ready within {PATIENCE:.0f} s: {wrote}"
        Event().wait(0.02)


def is_alive(process: psutil.Process) -> bool:
    """Neither gone nor a zombie, which some containers keep for ever: their process 1 waits for nobody."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def wait_until_ended(processes: Iterable[psutil.Process]) -> None:
    waited_for = list(processes)
    until(lambda: not any(is_alive(process) for process in waited_for), what=f"the end of {waited_for}")


def kill_with_children(process: subprocess.Popen[Any]) -> None:
    """What a power cut does to a process and those that it has started: all end at once, with no time for a word."""
    if process.poll() is not None:
        return
    family = psutil.Process(process.pid).children(recursive=True)
    for member in (psutil.Process(process.pid), *family):
        with suppress(psutil.NoSuchProcess):
            member.kill()
    process.wait()
    wait_until_ended(family)


def command_of(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:  # it has just ended
        return ""
