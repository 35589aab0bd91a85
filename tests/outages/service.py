"""`idp serve` as its owner has it: a folder, a process to start, kill and start again, and the commands beside it."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from werkzeug.test import Client

from idp.settings import Settings
from tests.actors.application import Application
from tests.actors.browser import Browser
from tests.outages.wire import NoAnswer, Wire
from tests.processes import command_of, is_alive, kill_with_children, until

TREE = Path(__file__).parents[2]
RUN_IDP = (sys.executable, "-c", "from idp.commands import main; main()")


@dataclass(slots=True)
class Service:
    """One installation. What is not said is as in tests/installation.py: SQLite, a private Redis, two workers."""

    folder: Path
    port: int
    changed: Mapping[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    @property
    def environment(self) -> dict[str, str]:
        given = {
            "environment": "development",
            "issuer": self.issuer,
            "port": str(self.port),
            "data_folder": str(self.folder),
            "mail_transport": "folder",
            "argon2_memory": "8",
            "argon2_iterations": "1",
            **self.changed,
        }
        kept = {name: value for name, value in os.environ.items() if not name.startswith("POTERNE_")}
        return kept | {f"POTERNE_{name.upper()}": value for name, value in given.items()}

    @property
    def issuer(self) -> str:
        return self.changed.get("issuer", f"http://localhost:{self.port}")

    @property
    def settings(self) -> Settings:
        return Settings.load(environment=self.environment)

    @property
    def wire(self) -> Wire:
        return Wire(port=self.port)

    @property
    def log(self) -> str:
        return (self.folder / "idp.log").read_text(encoding="utf-8", errors="replace")

    # --- started, killed, stopped ----------------------------------------------------

    def begin(self) -> None:
        """Start, and do not wait."""
        with (self.folder / "idp.log").open("ab") as log:
            self.process = subprocess.Popen(
                [*RUN_IDP, "serve"], cwd=TREE, env=self.environment, stdout=log, stderr=subprocess.STDOUT
            )

    def start(self) -> "Service":
        self.begin()
        self.wait_until_ready()
        return self

    def wait_until_ready(self) -> None:
        def ready() -> bool:
            assert self.process is not None
            assert self.process.poll() is None, f"ended with {self.process.returncode}\n{self.log[-4000:]}"
            return self.is_ready()

        until(ready, what="readiness")

    def is_ready(self) -> bool:
        with suppress(NoAnswer):
            return Client(self.wire, use_cookies=False).get("/health/ready").status_code == 200
        return False

    def kill(self) -> None:
        """What a power cut does to the processes."""
        if self.process is not None:
            kill_with_children(self.process)

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(60)

    # --- its processes -----------------------------------------------------------------

    def children(self, word: str) -> list[psutil.Process]:
        """The children of the supervisor whose command line has this word, and that live: redis-server, web, jobs."""
        assert self.process is not None
        children = psutil.Process(self.process.pid).children()
        return [child for child in children if word in command_of(child) and is_alive(child)]

    def child(self, word: str) -> psutil.Process:
        """The one child with this word, as soon as there is one."""
        return until(lambda: self.children(word), what=word)[0]

    def workers(self) -> list[psutil.Process]:
        servers = self.children("idp.wsgi")
        children = [process for server in servers for process in server.children() if is_alive(process)]
        return [child for child in children if "resource_tracker" not in command_of(child)]

    @contextmanager
    def answering_alone(self, worker: psutil.Process) -> Iterator[None]:
        """For as long as the block lasts, every request is answered by this worker: the others are held."""
        with held([other for other in self.workers() if other != worker]):
            yield

    @contextmanager
    def answering_nothing(self) -> Iterator[None]:
        """For as long as the block lasts, requests arrive and wait: every worker is held."""
        with held(self.workers()):
            yield

    # --- who is before it ----------------------------------------------------------------

    def anyone(self, wire: Wire | None = None) -> Browser:
        """A browser that has never been here."""
        return Browser({self.issuer: wire or self.wire})

    def application(self, client_id: str, secret: str, *, at: str, wire: Wire | None = None) -> Application:
        return Application(
            idp=wire or self.wire,
            issuer=self.issuer,
            client_id=client_id,
            secret=secret,
            redirect_uri=f"{at}/callback",
            home_url=f"{at}/",
            post_logout_redirect_uri=f"{at}/signed-out",
        )

    def begins(self, *arguments: str | Path) -> "subprocess.Popen[str]":
        """Start `idp ARGUMENTS`, and do not wait."""
        return subprocess.Popen(
            [*RUN_IDP, *arguments],
            cwd=TREE,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def idp(self, *arguments: str | Path) -> str:
        """What `idp ARGUMENTS` wrote."""
        with self.begins(*arguments) as command:
            written, complained = command.communicate()
        assert command.returncode == 0, f"idp {' '.join(map(str, arguments))}: {written}{complained}"
        return written


@contextmanager
def held(processes: list[psutil.Process]) -> Iterator[None]:
    """For as long as the block lasts, these processes are stopped (SIGSTOP); they continue after it."""
    for process in processes:
        process.suspend()
    try:
        until(lambda: all(is_held(process) for process in processes))  # SIGSTOP reaches one thread after another
        yield
    finally:
        for process in processes:
            process.resume()


def is_held(process: psutil.Process) -> bool:
    """Whether every thread of it has stopped."""
    threads = Path(f"/proc/{process.pid}/task").iterdir()
    return all((thread / "stat").read_text().rpartition(") ")[2].startswith("T") for thread in threads)
