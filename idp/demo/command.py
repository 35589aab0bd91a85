"""The command: put the demonstration in place, run its parts, say where they are, stop them all."""

import os
import signal
import sys
from pathlib import Path
from threading import Event

import click

from config.commands import ExitCode, echo, echo_lines
from config.redis.server_program import find_server_program
from config.sql.database import Database
from idp.container.services import Services
from idp.demo import contents, enrollment
from idp.demo.parts import Part, PartProblem, Running, refuse_taken_ports
from idp.demo.people import PEOPLE
from idp.demo.samples import SAMPLES
from idp.migrations import MIGRATIONS
from idp.settings import Settings

TELL_WHEN_ENDED = 0.5


@click.command()
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("var/demo"),
    help="Where its data is kept.",
)
@click.option(
    "--first-port",
    type=click.IntRange(1024, 65000),
    default=contents.FIRST_PORT,
    help="The port of the identity provider; enrollment has the next one, the applications the 11th, 12th and 13th.",
)
def demo(folder: Path, first_port: int) -> None:
    """Start the identity provider, enrollment and three sample applications, with invented accounts."""
    settings = contents.settings_file(folder, first_port=first_port)
    parts = _parts(folder, first_port)
    stop = Event()
    for wanted in (signal.SIGINT, signal.SIGTERM):
        signal.signal(wanted, lambda *_: stop.set())
    try:
        refuse_taken_ports(parts)
        _put_in_place(folder, settings, first_port=first_port)
        with Running(os.environ | {"POTERNE_SETTINGS": str(settings)}) as running:
            running.start(parts, until=stop)
            if not stop.is_set():
                echo_lines(_said(folder, settings, parts))
            while not stop.wait(TELL_WHEN_ENDED):
                running.refuse_ended()
            echo("Stopping.")
    except PartProblem as problem:
        echo_lines(str(problem), err=True)
        sys.exit(ExitCode.REFUSED)


def _put_in_place(folder: Path, settings_file: Path, *, first_port: int) -> None:
    settings = Settings.load(settings_file)
    database = Database.open(settings)
    try:
        MIGRATIONS.migrate(database)
        services = Services.of(settings, database)
        new = contents.register_applications(services, folder, first_port=first_port)
        contents.create_accounts(services, entitle_to=new)
    finally:
        database.close()


def _parts(folder: Path, first_port: int) -> list[Part]:
    issuer = f"http://localhost:{first_port}"
    parts = [
        Part(
            name="Identity provider",
            command=[sys.executable, "-m", "idp", "serve"],
            host="127.0.0.1",
            port=first_port,
            address=issuer,
            ready=f"{issuer}/health/ready",
            journal=folder / "idp.log",
        ),
        Part(
            name="Enrollment",
            command=enrollment.serve(folder, issuer=issuer, first_port=first_port),
            host="127.0.0.1",
            port=first_port + enrollment.AFTER,
            address=enrollment.address(first_port),
            ready=f"{enrollment.address(first_port)}/health/ready",
            journal=folder / "enrollment.log",
        ),
    ]
    parts += [
        Part(
            name=sample.shown,
            command=sample.serve(folder, issuer=issuer, first_port=first_port),
            host="127.0.0.1",
            port=first_port + sample.after,
            address=sample.address(first_port),
            ready=f"{sample.address(first_port)}/",
            journal=folder / f"{sample.name}.log",
        )
        for sample in SAMPLES
    ]
    return parts


def _said(folder: Path, settings: Path, parts: list[Part]) -> str:
    addresses = [(part.name, part.address) for part in parts]
    addresses.append(("Letters sent", f"{parts[0].address}/demo/letters"))
    people = [
        (person.login, person.password, f"{person.given_name} {person.family_name}, {person.shows}")
        for person in PEOPLE
    ]
    return "\n".join(
        [
            "Poterne is running. Every person and every password here is invented.",
            "",
            *(f"  {name:<20}{address}" for name, address in addresses),
            "",
            f"  {'login':<10}{'password':<20}who",
            *(f"  {login:<10}{password:<20}{who}" for login, password, who in people),
            "",
            f"Commands: {sys.argv[0]} --settings {settings} account list",
            f"Journals: {folder}/*.log. Ctrl-C stops everything; {folder} keeps the data.",
            *([f"Note: {note}."] if (note := find_server_program().advice) else []),
        ]
    )
