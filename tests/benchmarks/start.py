"""How long the demonstration takes to start again: people wait for it, so it is elapsed time."""

import subprocess
import sys
import time
from pathlib import Path

from tests.benchmarks.report import Verdict
from tests.benchmarks.servers import RedisServer
from tests.demonstration import PORTS
from tests.ports import free_port, is_free

MOST = 5  # seconds
TIMES = 3


def measure(folder: Path, _redis: RedisServer) -> list[Verdict]:
    first_port = free_port()
    while not all(is_free(first_port + after) for after in PORTS):
        first_port = free_port()
    at_first = _start(folder, first_port)
    again = sorted(_start(folder, first_port) for _ in range(TIMES))
    return [
        Verdict(
            what="the demonstration, started again",
            measured=again[TIMES // 2],
            bound=MOST,
            unit="s",
            detail=f"{again[0]:.1f} to {again[-1]:.1f} s in {TIMES} starts; {at_first:.1f} s at first",
        )
    ]


def _start(folder: Path, first_port: int) -> float:
    """From the command to the table that says everything runs."""
    command = [sys.executable, "-m", "idp", "demo", "--folder", str(folder), "--first-port", str(first_port)]
    began = time.monotonic()
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        assert process.stdout is not None
        runs = any("Ctrl-C" in line for line in process.stdout)
        took = time.monotonic() - began
        process.terminate()
        process.communicate(timeout=60)
    assert runs, "the demonstration did not start"
    return took
