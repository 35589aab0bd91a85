"""The `card-bridge` command of a workstation.

Functions import what they use: `card-bridge serve` runs for as long as the session of the person.
"""

import logging
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from card_bridge.workstation.output import EXIT_CODES, ExitCode, echo, stop, write
from card_bridge.workstation.settings import BridgeSettings, SettingsInvalid
from card_bridge.workstation.virtual.commands import personas

if TYPE_CHECKING:
    from card_bridge.workstation.connection import CardReaders
    from card_bridge.workstation.operation import Workstation
    from card_bridge.workstation.pin_entry.dialogs import Dialogs

json_option = click.option("--json", "in_json", is_flag=True, help="Print the result and problems in JSON.")
settings_option = click.option(
    "--settings",
    "settings_file",
    type=click.Path(path_type=Path, dir_okay=False),
    envvar="CARD_BRIDGE_SETTINGS",
    help="Read only this settings file. Default: poterne-card-bridge.toml in /etc and in ~/.config.",
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]}, epilog=EXIT_CODES)
def main() -> None:
    """The card bridge: lets web pages of allowed sites ask the professional card (CPS) of this workstation to sign."""


main.add_command(personas)


@main.command(epilog=EXIT_CODES)
@settings_option
@click.option("--if-not-running", is_flag=True, help="Do nothing when the bridge of this user is already running.")
def serve(settings_file: Path | None, *, if_not_running: bool) -> None:
    """Serve on 127.0.0.1 until stopped."""
    from card_bridge.workstation.process_hardening import harden_process
    from card_bridge.workstation.serve import AlreadyRunning, NoFreePort
    from card_bridge.workstation.serve import serve as serve_bridge

    harden_process()
    settings = load_settings(settings_file)
    if not settings.origins:
        stop(ExitCode.REFUSED, "no_origins", 'origins: no site may use the card yet; add origins = ["https://..."]')
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    logging.getLogger("waitress").setLevel(logging.ERROR)
    try:
        serve_bridge(
            settings,
            readers_of_this_computer(),
            dialogs_of_this_computer(),
            listening=lambda port: echo(f"card-bridge: http://127.0.0.1:{port}"),
        )
    except AlreadyRunning:
        if not if_not_running:
            stop(ExitCode.CONFLICT, "already_running", "The card bridge of this user is already running.")
    except NoFreePort:
        ports = ", ".join(str(port) for port in settings.ports)
        stop(ExitCode.UNAVAILABLE, "no_free_port", f"ports: each of {ports} is taken; add one to the settings")


@main.command(epilog=EXIT_CODES)
@json_option
def status(*, in_json: bool) -> None:
    """Print the state of the readers and of the card."""
    from card_bridge.workstation.operation import look
    from card_bridge.workstation.texts import ENGLISH, sentence

    seen = look(readers_of_this_computer())
    if in_json:
        write(as_members(seen))
    else:
        echo(f"{seen.state}: {sentence(seen.state, ENGLISH)}")
        if seen.reader:
            echo(f"Reader: {seen.reader}")
        if seen.holder:
            echo(f"Holder: {seen.holder.name}, {seen.holder.profession}, until {seen.holder.expires_on.isoformat()}")
        if seen.tries_left is not None:
            echo(f"Tries left: {seen.tries_left}")
    raise SystemExit(_exit_code(seen))


@main.group()
def origins() -> None:
    """The sites that may use the card, and those that the person has confirmed."""


@origins.command("list", epilog=EXIT_CODES)
@settings_option
@json_option
def list_origins(settings_file: Path | None, *, in_json: bool) -> None:
    """List the sites of the settings, and say which the person has confirmed."""
    from card_bridge.workstation.files import grants_file
    from card_bridge.workstation.origins import Grants

    granted = set(Grants(grants_file()).granted())
    allowed = load_settings(settings_file).origins
    if in_json:
        write([{"origin": origin, "confirmed": origin in granted} for origin in allowed])
        return
    for origin in allowed:
        echo(f"{origin}  {'confirmed' if origin in granted else 'not confirmed yet'}")


@origins.command("forget", epilog=EXIT_CODES)
@click.argument("origin")
def forget_origin(origin: str) -> None:
    """Forget that the person has confirmed ORIGIN. The next signature asks again."""
    from card_bridge.workstation.files import grants_file
    from card_bridge.workstation.origins import Grants

    if not Grants(grants_file()).remove(origin):
        stop(ExitCode.NOT_FOUND, "not_confirmed", f"{origin} was not confirmed.")
    echo(f"{origin} must be confirmed again.")


def readers_of_this_computer() -> "CardReaders":
    """The readers that PC/SC knows; where CARD_BRIDGE_VIRTUAL names the folder of a virtual kit, its reader."""
    from importlib import import_module

    if folder := os.environ.get("CARD_BRIDGE_VIRTUAL"):
        return virtual_readers(Path(folder))
    readers: CardReaders = import_module("card_bridge.workstation.pcsc").PcscReaders()
    return readers


def dialogs_of_this_computer() -> "Dialogs":
    """What can show questions here. Without any window, those about a virtual card are on the page of its kit."""
    from card_bridge.workstation.pin_entry.available import available_dialogs
    from card_bridge.workstation.pin_entry.pinentry import graphical_pinentry
    from card_bridge.workstation.pin_entry.window import WindowDialogs
    from card_bridge.workstation.texts import session_language

    folder = os.environ.get("CARD_BRIDGE_VIRTUAL")
    if folder and not graphical_pinentry() and not WindowDialogs.is_available():
        from card_bridge.workstation.virtual.kit import Kit
        from card_bridge.workstation.virtual.questions import KitDialogs

        return KitDialogs(Kit.open(Path(folder)), session_language())
    return available_dialogs(session_language())


def virtual_readers(folder: Path) -> "CardReaders":
    """The reader of a virtual kit. A workstation without the virtual kit does not have its modules."""
    from card_bridge.workstation.virtual.follower import KitReaders
    from card_bridge.workstation.virtual.kit import NoKit

    try:
        return KitReaders(folder)
    except NoKit as missing:
        stop(ExitCode.NOT_FOUND, "no_kit", f"CARD_BRIDGE_VIRTUAL: {missing}")


def load_settings(file: Path | None, *, in_json: bool = False) -> BridgeSettings:
    """The settings; every problem is printed before the command exits with 1."""
    try:
        return BridgeSettings.load(file)
    except SettingsInvalid as wrong:
        stop(ExitCode.REFUSED, "settings_invalid", wrong.problems, in_json=in_json)


def as_members(seen: "Workstation") -> dict[str, object]:
    """What was seen, for JSON."""
    holder = seen.holder
    return {
        "state": seen.state,
        "reader": seen.reader,
        "holder": holder
        and {"name": holder.name, "profession": holder.profession, "expires_on": holder.expires_on.isoformat()},
        "tries_left": seen.tries_left,
    }


def _exit_code(seen: "Workstation") -> ExitCode:
    from card_bridge.workstation.bridge import is_usable

    return ExitCode.DONE if is_usable(seen.state) else ExitCode.UNAVAILABLE
