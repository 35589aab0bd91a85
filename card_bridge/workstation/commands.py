"""The `card-bridge` command of a workstation.

Functions import what they use: `card-bridge serve` runs for as long as the session of the person.
"""

import logging
import sys
from io import TextIOWrapper
from pathlib import Path

import click

from card_bridge.workstation.card_commands import read, selftest, sign, status
from card_bridge.workstation.command_options import (
    NO_SITE,
    dialogs_of_this_computer,
    json_option,
    load_settings,
    readers_of_this_computer,
    settings_option,
)
from card_bridge.workstation.install_commands import install, uninstall
from card_bridge.workstation.output import EXIT_CODES, ExitCode, echo, stop, write
from card_bridge.workstation.persona_commands import personas
from card_bridge.workstation.version import VERSION


@click.group(context_settings={"help_option_names": ["-h", "--help"]}, epilog=EXIT_CODES)
@click.version_option(VERSION, prog_name="card-bridge")
def main() -> None:
    """The card bridge: lets web pages of allowed sites ask the professional card (CPS) of this workstation to sign."""
    for stream in (sys.stdout, sys.stderr):  # the encoding of a session may lack characters of our sentences
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


for command in (status, read, sign, selftest, install, uninstall, personas):
    main.add_command(command)


@main.command(epilog=EXIT_CODES)
@settings_option
@click.option("--if-not-running", is_flag=True, help="Do nothing when the bridge of this user is already running.")
def serve(settings_file: Path | None, *, if_not_running: bool) -> None:
    """Serve on 127.0.0.1 until stopped."""
    from card_bridge.workstation.process_hardening import harden_process
    from card_bridge.workstation.serve import AlreadyRunning, FolderUnusable, NoFreePort
    from card_bridge.workstation.serve import serve as serve_bridge

    harden_process()
    settings = load_settings(settings_file)
    if not settings.origins:
        stop(ExitCode.REFUSED, "no_origins", NO_SITE)
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
    except FolderUnusable as wrong:
        stop(ExitCode.UNAVAILABLE, "folder_unusable", f"XDG_RUNTIME_DIR: {wrong}")
    except NoFreePort:
        ports = ", ".join(str(port) for port in settings.ports)
        stop(ExitCode.UNAVAILABLE, "no_free_port", f"ports: each of {ports} is taken; add one to the settings")


@main.group()
def origins() -> None:
    """Sites that may use the card. The person confirms each of them once."""


@origins.command("list", epilog=EXIT_CODES)
@settings_option
@json_option
def list_origins(settings_file: Path | None, *, in_json: bool) -> None:
    """List the sites, and say which the person has confirmed."""
    from card_bridge.workstation.files import grants_file
    from card_bridge.workstation.origins import Grants

    granted = set(Grants(grants_file()).granted())
    allowed = load_settings(settings_file).origins
    if in_json:
        write([{"origin": origin, "confirmed": origin in granted} for origin in allowed])
        return
    if not allowed:
        echo(NO_SITE, err=True)
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
