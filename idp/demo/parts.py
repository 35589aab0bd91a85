"""The programs that the demonstration runs: each started, waited for, and stopped with the others."""

import os
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Event

from config.processes import end_with_parent, stop_child

STARTING_AT_MOST = 30.0
STOPPING_AT_MOST = 45.0  # `idp serve` lets what it has begun end first

_no_proxy = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # these addresses are on this machine


class PartProblem(Exception):
    """A part cannot run; the text says why, and what to do about it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One program: its address, and the one that answers once it is ready."""

    name: str
    command: Sequence[str]
    host: str
    port: int
    address: str
    ready: str
    journal: Path


def refuse_taken_ports(parts: Sequence[Part]) -> None:
    """See that nothing else listens where the parts will.

    Raises:
        PartProblem: naming every port that is taken.
    """
    taken = [part for part in parts if not _is_free(part.host, part.port)]
    if taken:
        listed = "\n".join(f"  port {part.port}, needed by {part.name}, is in use" for part in taken)
        raise PartProblem(
            f"{listed}\n"
            "Is another demonstration running? Stop what listens there (`ss -ltnp` shows it),\n"
            "or start this one elsewhere: idp demo --first-port 9400"
        )


def _is_free(host: str, port: int) -> bool:
    try:
        with socket.create_server((host, port)):
            return True
    except OSError:
        return False


class Running:
    """The parts as they run; leaving the block stops them, last one first."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self._processes: list[tuple[Part, subprocess.Popen[bytes]]] = []

    def __enter__(self) -> "Running":
        return self

    def __exit__(self, *_: object) -> None:
        for _part, process in reversed(self._processes):
            if process.poll() is None:
                process.terminate()
        for _part, process in reversed(self._processes):
            stop_child(process, patience=STOPPING_AT_MOST)

    def start(self, parts: Sequence[Part], *, until: Event) -> None:
        """Start the parts together and return when all answer, or when told to stop.

        Raises:
            PartProblem: one of them ended, or did not answer in time.
        """
        for part in parts:
            self._processes.append((part, self._start(part)))
        late = time.monotonic() + STARTING_AT_MOST
        for part in parts:
            while not _answers(part.ready) and not until.is_set():
                self.refuse_ended()
                if time.monotonic() > late:
                    raise PartProblem(f"{part.name} does not answer at {part.ready}\n{_end_of(part.journal)}")
                until.wait(0.05)

    def refuse_ended(self) -> None:
        """See that every part still runs.

        Raises:
            PartProblem: one ended; its last lines are in the text.
        """
        for part, process in self._processes:
            if process.poll() is not None:
                raise PartProblem(f"{part.name} ended (status {process.returncode})\n{_end_of(part.journal)}")

    def _start(self, part: Part) -> subprocess.Popen[bytes]:
        with part.journal.open("wb") as journal:
            return subprocess.Popen(
                part.command,
                stdin=subprocess.DEVNULL,
                stdout=journal,
                stderr=subprocess.STDOUT,
                env=dict(self._environment),
                process_group=0,  # a Ctrl-C at the terminal reaches us alone
                preexec_fn=partial(end_with_parent, os.getpid()),
            )


def _answers(address: str) -> bool:
    with suppress(OSError, urllib.error.URLError), _no_proxy.open(address, timeout=2) as response:
        return bool(response.status == 200)
    return False


def _end_of(journal: Path) -> str:
    lines = journal.read_text(encoding="utf-8", errors="replace").splitlines()[-15:]
    return "\n".join([f"The end of {journal}:", *(f"  {line}" for line in lines)])
