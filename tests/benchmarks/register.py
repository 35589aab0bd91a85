"""What importing the national register costs: memory, and lines a second, for a million lines of invented people."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from tests.benchmarks.report import Verdict
from tests.benchmarks.servers import RedisServer
from tests.builders.register import HEADER, NAME, a_line

LINES = 1_000_000
LINES_A_PERSON = 2
MOST = 200  # MB
_AT_ONCE = 10_000
_LOOKED_AT_EVERY = 0.02  # seconds


def measure(folder: Path, _redis: RedisServer) -> list[Verdict]:
    file = _written(folder / NAME)
    environment = os.environ | {
        "ENROLLMENT_ENVIRONMENT": "development",
        "ENROLLMENT_ADDRESS": "http://localhost:8401",
        "ENROLLMENT_IDP_ISSUER": "http://localhost:8400",
        "ENROLLMENT_MAIL_TRANSPORT": "folder",
        "ENROLLMENT_DATA_FOLDER": str(folder / "enrollment"),
    }
    verdicts = []
    for what in ("the first time", "in place of another"):
        began = time.monotonic()
        peak = _peak_of(["register", "import", str(file)], environment)
        took = time.monotonic() - began
        verdicts.append(
            Verdict(
                what=f"{LINES:,} lines of the register imported, {what}: peak (RSS)",
                measured=peak,
                bound=MOST,
                unit="MB",
                detail=f"{LINES / took:,.0f} lines a second, {took:.0f} s, file of {file.stat().st_size / 1e6:.0f} MB",
            )
        )
    return verdicts


def _peak_of(arguments: list[str], environment: dict[str, str]) -> float:
    """The most that the command held at any time, in MB: the kernel's own count, read until the command ends."""
    command = subprocess.Popen(
        [sys.executable, "-m", "enrollment", *arguments],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    peak = 0
    while command.poll() is None:
        peak = max(peak, _high_water_mark(command.pid))
        time.sleep(_LOOKED_AT_EVERY)
    if command.returncode:
        raise RuntimeError(f"enrollment {' '.join(arguments)} ended with status {command.returncode}")
    return peak * 1024 / 1e6


def _high_water_mark(process: int) -> int:
    """VmHWM of proc(5), in KiB; 0 of a process that has ended."""
    try:
        lines = Path(f"/proc/{process}/status").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("VmHWM:")), 0)


def _written(file: Path) -> Path:
    with file.open("w", encoding="utf-8") as opened:
        opened.write(f"{HEADER}\n")
        for chunk in _chunks():
            opened.write(chunk)
    return file


def _chunks() -> Iterator[str]:
    """Lines of people of the test range; some have several."""
    line = a_line(
        national_id="{national_id}", family_name="{name}", given_name="Jeanne-Éloïse", structure="CH Nº {place}"
    )
    write = f"{line}\n".format
    for first in range(0, LINES, _AT_ONCE):
        yield "".join(
            write(
                national_id=f"89970{number // LINES_A_PERSON:07d}", name=f"DUPONT{number % 7919}", place=number % 5_003
            )
            for number in range(first, first + _AT_ONCE)
        )
