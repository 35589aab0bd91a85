"""Starts the programs of the demonstration together, waits until they answer, and stops them together."""

import os
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from threading import Event

from config.processes import end_with_parent, stop_child

START_TIMEOUT = 120.0  # seconds; a program that ends is noticed at once
STOP_TIMEOUT = 45.0  # seconds; `idp serve` finishes its requests first

_no_proxy = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # these addresses are on this machine


class ProgramError(Exception):
    """A program cannot run; the text gives the reason and the remedy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """One program of the demonstration."""

    name: str
    command: Sequence[str]
    host: str
    port: int
    address: str
    ready_address: str
    """An address that answers with status 200 once the program is ready."""
    journal: Path
    """The file of its output."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """What its environment has besides that of the others."""
    ready_headers: Mapping[str, str] = field(default_factory=dict)
    """The headers of the request to `ready_address`."""


def refuse_used_ports(programs: Sequence[Program]) -> None:
    """Check that no other program listens on the ports of these.

    Raises:
        ProgramError: one or more ports are in use; the text names them all.
    """
    blocked = [program for program in programs if not _is_free(program.host, program.port)]
    if blocked:
        listed = "\n".join(f"  port {program.port}, needed by {program.name}, is in use" for program in blocked)
        raise ProgramError(
            f"{listed}\n"
            "Is another demonstration running? Stop the programs that use these ports (`ss -ltnp` lists them),\n"
            "or use other ports: idp demo --first-port 9400"
        )


def _is_free(host: str, port: int) -> bool:
    try:
        with socket.create_server((host, port)):
            return True
    except OSError:
        return False


class RunningPrograms:
    """A context manager in which programs run; leaving the block stops them, the last one first."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self._processes: list[tuple[Program, subprocess.Popen[bytes]]] = []

    def __enter__(self) -> "RunningPrograms":
        return self

    def __exit__(self, *_: object) -> None:
        for _program, process in reversed(self._processes):
            if process.poll() is None:
                process.terminate()
        for _program, process in reversed(self._processes):
            stop_child(process, patience=STOP_TIMEOUT)

    def start(self, programs: Sequence[Program], *, until: Event) -> None:
        """Start the programs together, and return when all answer or when `until` is set.

        Raises:
            ProgramError: a program ended, or did not answer within START_TIMEOUT.
        """
        for program in programs:
            self._processes.append((program, self._start(program)))
        deadline = time.monotonic() + START_TIMEOUT
        for program in programs:
            while not _answers(program) and not until.is_set():
                self.raise_if_ended()
                if time.monotonic() > deadline:
                    raise ProgramError(
                        f"{program.name} does not answer at {program.ready_address}\n{_end_of(program.journal)}"
                    )
                until.wait(0.05)

    def raise_if_ended(self) -> None:
        """Check that every program still runs.

        Raises:
            ProgramError: a program ended; the text has the last lines of its output.
        """
        for program, process in self._processes:
            if process.poll() is not None:
                raise ProgramError(f"{program.name} ended (status {process.returncode})\n{_end_of(program.journal)}")

    def _start(self, program: Program) -> subprocess.Popen[bytes]:
        with program.journal.open("wb") as journal:
            return subprocess.Popen(
                program.command,
                stdin=subprocess.DEVNULL,
                stdout=journal,
                stderr=subprocess.STDOUT,
                env={**self._environment, **program.environment},
                process_group=0,  # Ctrl-C at the terminal interrupts `idp demo` only, which then stops the programs
                preexec_fn=partial(end_with_parent, os.getpid()),
            )


def _answers(program: Program) -> bool:
    request = urllib.request.Request(program.ready_address, headers=dict(program.ready_headers))  # noqa: S310 - http
    with suppress(OSError, urllib.error.URLError), _no_proxy.open(request, timeout=2) as response:
        return bool(response.status == 200)
    return False


def _end_of(journal: Path) -> str:
    lines = journal.read_text(encoding="utf-8", errors="replace").splitlines()[-15:]
    return "\n".join([f"The last lines of {journal}:", *(f"  {line}" for line in lines)])
