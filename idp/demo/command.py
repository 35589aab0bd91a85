"""`idp demo`: create the contents of the demonstration, start its programs, print their addresses, stop them."""

import os
import shlex
import signal
import sys
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from threading import Event
from typing import Final

import click

from config.commands import ExitCode, echo, echo_lines
from config.redis.embedded import redis_for_a_command
from config.redis.server_program import find_server_program
from config.sql.database import Database
from idp.container.card_revocation import revocation_fetching
from idp.container.services import Services
from idp.demo import cards, contents, enrollment
from idp.demo.people import PEOPLE
from idp.demo.programs import Program, ProgramError, RunningPrograms, refuse_used_ports
from idp.demo.samples import SAMPLES
from idp.migrations import MIGRATIONS
from idp.settings import Settings

CHECK_INTERVAL = 0.5  # seconds between two checks that every program still runs

_VIRTUAL_READER: Final = (
    "Virtual cards: their page inserts and pulls them, as does `card-bridge personas`. The bridge asks for",
    "their PIN, 1234, in a window, or on that page where it can show none.",
    f"With Debian’s {cards.READER_PACKAGES} and `make reader`, `idp demo --real-reader` uses a reader.",
)
_REAL_READER: Final = (
    "The bridge uses the readers of this computer. Only virtual cards are believed here: a card in use is read,",
    "signs, and is refused. `card-bridge personas connect` holds the virtual card in a reader of pcscd (vsmartcard).",
)


@click.command()
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("var/demo"),
    help="The folder of its data. A later start with the same folder finds its accounts again.",
)
@click.option(
    "--first-port",
    type=click.IntRange(1024, 65000),
    default=contents.FIRST_PORT,
    help="The port of the identity provider. Enrollment uses the next one; the applications, this plus 11, 12 and 13; "
    "the virtual cards and their bridge, this plus 16 and 17.",
)
@click.option(
    "--real-reader",
    is_flag=True,
    help="The card bridge uses the readers of this computer, by PC/SC, instead of the virtual one.",
)
def demo(folder: Path, first_port: int, *, real_reader: bool) -> None:
    """Start Poterne and three sample applications, with invented accounts.

    The demonstration runs the identity provider and enrollment. It listens on this machine only. It prints the
    addresses to visit and the accounts to log in with; Ctrl-C stops it.
    """
    if real_reader and find_spec("smartcard") is None:
        echo_lines(f"--real-reader needs Debian’s {cards.READER_PACKAGES}, then `make reader`.", err=True)
        sys.exit(ExitCode.UNAVAILABLE)
    settings = contents.settings_file(folder, first_port=first_port)
    programs = _programs(folder, first_port, real_reader=real_reader)
    stop = Event()
    for wanted in (signal.SIGINT, signal.SIGTERM):
        signal.signal(wanted, lambda *_: stop.set())
    try:
        refuse_used_ports(programs)
        _create_contents(folder, settings, first_port=first_port)
        enrollment.fill_queue(folder)
        with RunningPrograms(os.environ | {"POTERNE_SETTINGS": str(settings)}) as running:
            running.start(programs, until=stop)
            if not stop.is_set():
                _fetch_revocation_lists(settings)
                echo_lines(_summary(folder, settings, programs, real_reader=real_reader))
            while not stop.wait(CHECK_INTERVAL):
                running.raise_if_ended()
            echo("Stopping.")
    except ProgramError as problem:
        echo_lines(str(problem), err=True)
        sys.exit(ExitCode.REFUSED)


def _create_contents(folder: Path, settings_file: Path, *, first_port: int) -> None:
    settings = Settings.load(settings_file)
    database = Database.open(settings)
    try:
        with redis_for_a_command(settings):
            MIGRATIONS.migrate(database)
            services = Services.of(settings, database)
            new = contents.register_applications(services, folder, first_port=first_port)
            contents.create_accounts(services, entitle_to=new)
    finally:
        database.close()


def _fetch_revocation_lists(settings_file: Path) -> None:
    """Fetch the lists of the virtual cards: the identity provider asked for them when it began, perhaps too early."""
    settings = Settings.load(settings_file)
    database = Database.open(settings)
    try:
        with redis_for_a_command(settings):
            revocation_fetching(Services.of(settings, database)).fetch_due(datetime.now(UTC), all_of_them=True)
    finally:
        database.close()


def _programs(folder: Path, first_port: int, *, real_reader: bool) -> list[Program]:
    issuer = f"http://localhost:{first_port}"
    programs = [
        Program(
            name="Identity provider",
            command=[sys.executable, "-m", "idp", "serve"],
            host="127.0.0.1",
            port=first_port,
            address=issuer,
            ready_address=f"{issuer}/health/ready",
            journal=folder / "idp.log",
        ),
        Program(
            name="Enrollment",
            command=enrollment.serve(folder, issuer=issuer, first_port=first_port),
            host="127.0.0.1",
            port=first_port + enrollment.AFTER,
            address=enrollment.address(first_port),
            ready_address=f"{enrollment.address(first_port)}/health/ready",
            journal=folder / "enrollment.log",
        ),
    ]
    programs += [
        Program(
            name="Virtual cards",
            command=cards.serve_kit(folder, first_port=first_port),
            host="127.0.0.1",
            port=first_port + cards.KIT_AFTER,
            address=f"{cards.kit_address(first_port)}/",
            ready_address=f"{cards.kit_address(first_port)}/",
            journal=folder / "cards.log",
        ),
        Program(
            name="Card bridge",
            command=cards.serve_bridge(folder, origins=(issuer, enrollment.address(first_port)), first_port=first_port),
            host="127.0.0.1",
            port=first_port + cards.BRIDGE_AFTER,
            address=f"{cards.bridge_address(first_port)}/",
            ready_address=f"{cards.bridge_address(first_port)}/sheet",
            ready_headers=cards.BRIDGE_READY_HEADERS,
            environment=cards.bridge_environment(folder, real_reader=real_reader),
            journal=folder / "card-bridge.log",
        ),
    ]
    programs += [
        Program(
            name=sample.display_name,
            command=sample.serve(folder, issuer=issuer, first_port=first_port),
            host="127.0.0.1",
            port=first_port + sample.after,
            address=sample.address(first_port),
            ready_address=f"{sample.address(first_port)}/",
            journal=folder / f"{sample.name}.log",
        )
        for sample in SAMPLES
    ]
    return programs


def _summary(folder: Path, settings: Path, programs: list[Program], *, real_reader: bool) -> str:
    addresses = [(program.name, program.address) for program in programs]
    addresses.append(("Sent e-mails", f"{programs[0].address}/demo/letters"))
    people = [
        (person.login, person.password, f"{person.given_name} {person.family_name}, {person.description}")
        for person in PEOPLE
    ]
    return "\n".join(
        [
            "Poterne is running. Every person and every password here is invented.",
            "",
            *(f"  {name:<20}{address}" for name, address in addresses),
            "",
            f"  {'login':<10}{'password':<20}person",
            *(f"  {login:<10}{password:<20}{person}" for login, password, person in people),
            "",
            *(_REAL_READER if real_reader else _VIRTUAL_READER),
            f"Commands: {_this_program()} --settings {settings} account list",
            f"Cards: {shlex.join(cards.list_personas(folder))}",
            f"Logs: {folder}/*.log. Ctrl-C stops everything; the data stays in {folder}.",
            *([f"Note: {note}."] if (note := find_server_program().advice) else []),
        ]
    )


def _this_program() -> str:
    """What a shell starts: the console script, or Python with this package (`python -m idp`)."""
    return f"{sys.executable} -m idp" if Path(sys.argv[0]).name == "__main__.py" else sys.argv[0]
