"""`card-bridge serve` as a process, with a virtual kit as its reader and a pinentry that answers by itself."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from card_bridge.workstation.origins import Grants
from tests.card_bridge.workstation.running_bridge import RunningBridge
from tests.ports import free_port
from tests.processes import until

PINENTRY = Path(__file__).parent / "pin_entry" / "fake_pinentry.py"
CARD_BRIDGE = Path(sys.executable).with_name("card-bridge")


@dataclass(frozen=True)
class BridgeProcess:
    """The process, and how to reach it."""

    process: subprocess.Popen[bytes]
    bridge: RunningBridge
    home: Path
    environment: Mapping[str, str]
    log: Path

    @property
    def heard(self) -> str:
        """What its pinentry was told."""
        return (self.home / "heard").read_text("utf-8")

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Another `card-bridge` command of the same user."""
        return subprocess.run(
            [CARD_BRIDGE, *arguments], env=dict(self.environment), capture_output=True, text=True, check=False
        )


@contextmanager
def running_bridge_process(
    home: Path, kit: Path, origins: Sequence[str], *, answers: Sequence[str], settings: str = ""
) -> Iterator[BridgeProcess]:
    """A bridge that serves `origins`.

    Args:
        home: an empty folder, the home of its user.
        kit: the folder of the virtual kit.
        answers: of the person, one for each window: `ok` confirms the first use of an origin, `pin 1234` gives the
            PIN (`fake_pinentry.py`).
        settings: more lines of the settings file.
    """
    port = free_port()
    environment = _environment(home, kit, answers)
    config = home / ".config" / "poterne-card-bridge.toml"
    config.parent.mkdir()
    listed = ", ".join(f'"{origin}"' for origin in origins)
    config.write_text(f"origins = [{listed}]\nports = [{port}]\ndevelopment = true\n{settings}", "utf-8")
    log = home / "bridge.log"
    with log.open("wb") as written:
        process = subprocess.Popen([CARD_BRIDGE, "serve"], env=environment, stdout=written, stderr=subprocess.STDOUT)
    try:
        until(lambda: process.poll() is not None or "http://" in log.read_text("utf-8"), what="the bridge")
        assert process.poll() is None, log.read_text("utf-8")
        grants = Grants(home / ".local/state/poterne-card-bridge/grants.json")
        yield BridgeProcess(process, RunningBridge(port, grants), home, environment, log)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)


def _environment(home: Path, kit: Path, answers: Sequence[str]) -> dict[str, str]:
    programs = home / "bin"
    programs.mkdir()
    shutil.copy(PINENTRY, programs / "pinentry-gnome3")
    return {
        "HOME": str(home),
        "PATH": f"{programs}:{os.environ['PATH']}",
        "XDG_RUNTIME_DIR": str(home / "run"),
        "DISPLAY": ":0",  # of no server: this pinentry shows nothing
        "LANG": "fr_FR.UTF-8",
        "CARD_BRIDGE_VIRTUAL": str(kit),
        "ANSWERS": "\n".join(answers),
        "HEARD": str(home / "heard"),
    }
