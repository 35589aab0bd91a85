"""`card-bridge personas`: list, insert and pull virtual cards, and run the server of a virtual kit.

Functions import what they use: a workstation without the virtual kit has the other commands.
"""

from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import click

from card_bridge.workstation.command_options import json_option
from card_bridge.workstation.output import EXIT_CODES, ExitCode, echo, stop, write

if TYPE_CHECKING:
    from card_bridge.workstation.virtual.kit import Kit
    from card_bridge.workstation.virtual.personas import Persona

DEFAULT_FOLDER = Path("var/demo/cards")

folder_option = click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    envvar="CARD_BRIDGE_PERSONAS",
    default=DEFAULT_FOLDER,
    show_default=True,
    help="The folder of the virtual kit.",
)


@click.group()
def personas() -> None:
    """Virtual cards of invented people. Their PIN is 1234. They serve demonstrations and tests."""
    if find_spec("cryptography") is None:  # the wheel of a workstation does not ask for it
        stop(ExitCode.UNAVAILABLE, "not_installed", "The virtual cards need the package cryptography.")


@personas.command("list", epilog=EXIT_CODES)
@folder_option
@json_option
def list_personas(folder: Path, *, in_json: bool) -> None:
    """List the personas, and say which card is in the reader."""
    from card_bridge.workstation.virtual.personas import PERSONAS, PIN_TRIES

    kit = _kit(folder, in_json=in_json)
    inserted = kit.insertion.persona
    if in_json:
        write([_as_members(kit, persona, is_inserted=persona.name == inserted) for persona in PERSONAS])
        return
    for persona in PERSONAS:
        mark = "  [in the reader]" if persona.name == inserted else ""
        tries = kit.tries(persona).left
        echo(f"{persona.name:<15}{persona.generation.value}  {tries}/{PIN_TRIES} tries  {persona.description}{mark}")


@personas.command(epilog=EXIT_CODES)
@click.argument("name")
@folder_option
def insert(name: str, folder: Path) -> None:
    """Put the card of the persona NAME in the virtual reader."""
    from card_bridge.workstation.virtual.personas import NoSuchPersona, persona_named

    kit = _kit(folder)
    try:
        kit.insert(persona_named(name))
    except NoSuchPersona as unknown:
        stop(ExitCode.NOT_FOUND, "no_such_persona", str(unknown))
    echo(f"The card of {name} is in the reader.")


@personas.command(epilog=EXIT_CODES)
@folder_option
def pull(folder: Path) -> None:
    """Take the card out of the virtual reader."""
    _kit(folder).pull()
    echo("The reader is empty.")


@personas.command("renew-tries", epilog=EXIT_CODES)
@folder_option
def renew_tries(folder: Path) -> None:
    """Give every card the PIN tries that it had when it was new."""
    _kit(folder).renew_tries()
    echo("Every card has its tries back.")


@personas.command(epilog=EXIT_CODES)
@folder_option
@click.option("--port", type=click.IntRange(1024, 65535), default=8416, show_default=True, help="On 127.0.0.1.")
def serve(folder: Path, port: int) -> None:
    """Serve the page that inserts and pulls the virtual cards.

    The revocation lists and the OCSP answers of their authority are served too. The command makes the virtual kit when
    the folder has none: the keys of the authority take a few seconds.
    """
    from waitress.server import create_server

    from card_bridge.workstation.virtual.kit import Kit
    from card_bridge.workstation.virtual.server import LARGEST_REQUEST, KitApp

    try:
        kit = Kit.make(folder, address=f"http://127.0.0.1:{port}")
    except OSError as wrong:
        stop(ExitCode.REFUSED, "folder_unusable", f"--folder: {wrong}")
    try:
        server = create_server(
            KitApp(kit, port=port), host="127.0.0.1", port=port, ident=None, max_request_body_size=LARGEST_REQUEST
        )
    except OSError:
        stop(ExitCode.UNAVAILABLE, "port_taken", f"--port: {port} is taken")
    echo(f"Virtual cards: http://127.0.0.1:{port}/")
    server.run()


@personas.command(epilog=EXIT_CODES)
@folder_option
@click.option("--port", type=click.IntRange(1024, 65535), help="Of vpcd; the one of its first slot by default.")
def connect(folder: Path, port: int | None) -> None:
    """Put the card in a reader of pcscd until stopped.

    The reader is vsmartcard's vpcd on this machine, which listens on every address of the machine: run pcscd in a
    network namespace.
    """
    from threading import Event

    from card_bridge.workstation.virtual.follower import Follower
    from card_bridge.workstation.virtual.vpcd import FIRST_PORT, VpcdReader, connect_to

    kit, port = _kit(folder), port or FIRST_PORT
    try:
        connect_to(port).close()
        with Follower(kit, VpcdReader(partial(connect_to, port))):
            echo("The virtual card follows `card-bridge personas insert` and `pull`.")
            Event().wait()
    except OSError:
        stop(ExitCode.UNAVAILABLE, "no_vpcd", f"vpcd does not listen on port {port}: start pcscd with vsmartcard-vpcd")


def _kit(folder: Path, *, in_json: bool = False) -> "Kit":
    from card_bridge.workstation.virtual.kit import Kit, NoKit

    try:
        return Kit.open(folder)
    except NoKit as missing:
        stop(ExitCode.NOT_FOUND, "no_kit", str(missing), in_json=in_json)


def _as_members(kit: "Kit", persona: "Persona", *, is_inserted: bool) -> dict[str, object]:
    return {
        "name": persona.name,
        "description": persona.description,
        "generation": persona.generation.value,
        "national_id": persona.holder.national_id,
        "tries_left": kit.tries(persona).left,
        "inserted": is_inserted,
    }
