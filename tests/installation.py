"""A whole installation, started as its owner would: `idp serve` and three sample applications, on free ports.

Nothing is replaced: the private redis-server, SQLite, granian and the registry. The identity provider is at localhost
and the applications at 127.0.0.1, which are different sites for a browser.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from threading import Event
from typing import TypeVar

import requests
import time_machine

from config.sql.database import Database
from idp.container.services import Services
from idp.settings import Settings
from relying_parties.registration.toml_registration import read_toml
from relying_parties.registry.service import SecretFile
from tests.actors.identity_provider import Operator
from tests.builders.operators import OPERATOR
from tests.letters import letters_of
from tests.ports import free_ports
from tests.processes import kill_with_children

TREE = Path(__file__).parents[1]
APPLICATIONS = TREE / "relying_parties/applications"
WITHIN = timedelta(seconds=90)

T = TypeVar("T")

RUN_IDP = "from idp.commands import main; main()"
RUN_SAMPLE = "from relying_parties.samples.commands import main; main()"


@dataclass(frozen=True, slots=True, kw_only=True)
class Professional:
    """A person with an account. All are invented."""

    login: str
    given_name: str
    family_name: str
    password: str

    @property
    def name(self) -> str:
        return f"{self.given_name} {self.family_name}"

    @property
    def email(self) -> str:
        return f"{self.login}@exemple.test"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningApplication:
    """A sample application and where it is."""

    name: str
    with_article: str
    full_name: str
    client_id: str
    url: str
    speaks_saml: bool = False


@dataclass(slots=True, kw_only=True)
class Installation:
    """What runs, and the commands to act on it."""

    folder: Path
    port: int
    dcc: RunningApplication
    perinat: RunningApplication
    messagerie: RunningApplication
    environment: dict[str, str] = field(repr=False)
    with_entitlement: tuple[str, ...] = ()  # the sample applications that only those enter who are entitled

    @property
    def issuer(self) -> str:
        return f"http://localhost:{self.port}"

    def idp(self, *arguments: str | Path, given: str | None = None) -> str:
        """What `idp ARGUMENTS` wrote, with `given` on its standard input."""
        done = subprocess.run(
            [sys.executable, "-c", RUN_IDP, *arguments],
            cwd=TREE,
            env=self.environment,
            input=given,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"idp {' '.join(map(str, arguments))}: {done.stdout}{done.stderr}"
        return done.stdout

    def register(self, registration: str, *, client_id: str, has_secret: bool = True) -> Path | None:
        """Register the application that a TOML text describes; the file that holds its secret, when it has one.

        By the functions that are under the command, which takes longer to start than they take.
        """
        secret = self.folder / f"{client_id}.secret" if has_secret else None
        with self.services() as services, SecretFile.next_to(secret) as kept:
            terms = read_toml(registration, services.capabilities, folder=self.folder)
            kept.keep(services.registry.declare(terms, actor=OPERATOR).secret)
        return secret

    @contextmanager
    def services(self) -> Iterator[Services]:
        """What the commands of this installation use, in this process."""
        database = Database.open(settings := Settings.load(environment=self.environment))
        try:
            yield Services.of(settings, database)
        finally:
            database.close()

    def create(
        self, person: Professional, *, ago: timedelta = timedelta(0), entitled_to: Sequence[str] | None = None
    ) -> Professional:
        """The account of `person`, as it would have been made so long ago, by the functions under the command.

        Unless said otherwise, they may enter every sample application.
        """
        entitled_to = self.with_entitlement if entitled_to is None else entitled_to
        with self.services() as services, time_machine.travel(datetime.now(UTC) - ago):
            Operator(services=services).creates(person, entitled_to=tuple(entitled_to))
        return person

    def letters_to(self, person: Professional) -> list[EmailMessage]:
        """The letters that were sent to `person`, oldest first."""
        return [letter for letter in letters_of(self.folder) if person.email in str(letter["To"])]


@contextmanager
def an_installation(folder: Path, *, samples: bool = True, **settings: str) -> Iterator[Installation]:
    """A running installation in `folder`, with the three samples or without, under these `settings` too."""
    port, dcc_port, perinat_port, messagerie_port = free_ports(4)
    given = {
        "environment": "development",
        "issuer": f"http://localhost:{port}",
        "port": str(port),
        "data_folder": str(folder),
        "mail_transport": "folder",
        "region": "Région Centre",
        "support_phone": "02 00 00 00 00",
        "password_policy": "legacy-ideosso",
        "argon2_memory": "8192",
        "argon2_iterations": "1",
    } | settings
    kept = {name: value for name, value in os.environ.items() if not name.startswith("POTERNE_")}
    environment = kept | {f"POTERNE_{name.upper()}": value for name, value in given.items()}
    installation = Installation(
        folder=folder,
        port=port,
        dcc=RunningApplication(
            name="DCC",
            with_article="le DCC",
            full_name="Dossier communicant de cancérologie",
            client_id="dcc",
            url=f"http://127.0.0.1:{dcc_port}",
        ),
        perinat=RunningApplication(
            name="Périnat",
            with_article="Périnat",
            full_name="Périnat Centre",
            client_id="perinat",
            url=f"http://127.0.0.1:{perinat_port}",
        ),
        messagerie=RunningApplication(
            name="Messagerie",
            with_article="la messagerie",
            full_name="Messagerie sécurisée de santé",
            client_id="messagerie",
            url=f"http://127.0.0.1:{messagerie_port}",
            speaks_saml=True,
        ),
        environment=environment,
    )
    for logo in APPLICATIONS.glob("*.svg"):
        shutil.copy(logo, folder)  # a registration names its logo by a path beside it
    with ExitStack() as running:
        serve = [sys.executable, "-c", RUN_IDP, "serve"]
        idp = running.enter_context(_running(serve, environment, folder / "idp.log"))
        idp.wait_until(f"{installation.issuer}/health/ready")
        if samples:
            three = (installation.dcc, installation.perinat, installation.messagerie)
            begun = [
                (application, running.enter_context(_a_sample(installation, application, three)))
                for application in three
            ]
            for application, process in begun:
                process.wait_until(f"{application.url}/")
            installation.with_entitlement = ("dcc", "messagerie")
        yield installation


@contextmanager
def _a_sample(
    installation: Installation, application: RunningApplication, three: Sequence[RunningApplication]
) -> Iterator["_Running"]:
    """Register a sample application and begin to start it."""
    options = ["--config", str(TREE / "relying_parties/samples" / f"{application.client_id}.toml")]
    options += ["--port", application.url.rpartition(":")[2]]
    if application.speaks_saml:
        keys = installation.folder / f"{application.client_id}-keys"
        options += ["--metadata-url", f"{installation.issuer}/saml/metadata", "--key-folder", str(keys)]
        metadata = subprocess.run(
            [sys.executable, "-c", RUN_SAMPLE, "metadata", *options], cwd=TREE, capture_output=True, check=True
        )
        (installation.folder / f"{application.client_id}.xml").write_bytes(metadata.stdout)
        installation.register(_registration(application), client_id=application.client_id, has_secret=False)
    else:
        secret = installation.register(_registration(application), client_id=application.client_id)
        options += ["--issuer", installation.issuer, "--client-secret-file", str(secret)]
    for other in three:
        if other is not application:
            options += ["--other", other.with_article, f"{other.url}/me"]
    log = installation.folder / f"{application.client_id}.log"
    serve = [sys.executable, "-c", RUN_SAMPLE, "serve", *options]
    with _running(serve, installation.environment, log) as process:
        yield process


def _registration(application: RunningApplication) -> str:
    """The one in the tree, at this installation's address."""
    declared = (APPLICATIONS / f"{application.client_id}.toml").read_text(encoding="utf-8")
    shipped = {"dcc": 8411, "perinat": 8412, "messagerie": 8413}
    return declared.replace(f"http://127.0.0.1:{shipped[application.client_id]}", application.url)


@dataclass(frozen=True, slots=True)
class _Running:
    """A program that was started, and where it writes."""

    process: subprocess.Popen[bytes]
    log: Path

    def wait_until(self, ready: str) -> None:
        """Return once the address `ready` answers."""

        def answers() -> bool | None:
            ended = f"{ready}: ended at once\n{self.log.read_text(errors='replace')[-4000:]}"
            assert self.process.poll() is None, ended
            try:
                return requests.get(ready, timeout=2).ok or None
            except requests.RequestException:
                return None

        wait_until(answers, what=f"an answer of {ready} (see {self.log})")


@contextmanager
def _running(program: list[str], environment: dict[str, str], log: Path) -> Iterator[_Running]:
    """Run `program` for the block, which begins when it is started and may not be ready."""
    with (
        log.open("wb") as written,
        subprocess.Popen(program, cwd=TREE, env=environment, stdout=written, stderr=subprocess.STDOUT) as process,
    ):
        try:
            yield _Running(process, log)
        finally:
            kill_with_children(process)  # how it stops is not for the tests that need it to say


def wait_until(happened: Callable[[], T | None], *, what: str) -> T:
    """What `happened` gives, as soon as it gives something."""
    until = datetime.now(UTC) + WITHIN
    between = Event()
    while datetime.now(UTC) < until:
        if (result := happened()) is not None:
            return result
        between.wait(0.05)
    raise TimeoutError(f"{what} did not come within {WITHIN}")
