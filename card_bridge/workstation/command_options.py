"""What several commands have in common: options, the settings, and the readers."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from card_bridge.workstation.files import SYSTEM_SETTINGS
from card_bridge.workstation.output import ExitCode, stop
from card_bridge.workstation.settings import BridgeSettings, SettingsInvalid

if TYPE_CHECKING:
    from card_bridge.workstation.connection import CardReaders
    from card_bridge.workstation.pin_entry.dialogs import Dialogs

NO_SITE: Final = f'origins: no site may use the card yet; add origins = ["https://..."] to {SYSTEM_SETTINGS}'

json_option = click.option("--json", "in_json", is_flag=True, help="Print the result and problems in JSON.")
settings_option = click.option(
    "--settings",
    "settings_file",
    type=click.Path(path_type=Path, dir_okay=False),
    envvar="CARD_BRIDGE_SETTINGS",
    help="Read only this settings file. Default: poterne-card-bridge.toml in /etc and in ~/.config.",
)


def readers_of_this_computer(*, in_json: bool = False) -> "CardReaders":
    """The readers that PC/SC knows; where CARD_BRIDGE_VIRTUAL names the folder of a virtual kit, its reader.

    Args:
        in_json: how a problem is printed.
    """
    if folder := os.environ.get("CARD_BRIDGE_VIRTUAL"):
        return virtual_readers(Path(folder), in_json=in_json)
    from card_bridge.workstation.pcsc import PcscReaders

    return PcscReaders()


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


def virtual_readers(folder: Path, *, in_json: bool = False) -> "CardReaders":
    """The reader of a virtual kit. A workstation without the virtual kit does not have its modules."""
    from card_bridge.workstation.virtual.follower import KitReaders
    from card_bridge.workstation.virtual.kit import NoKit

    try:
        return KitReaders(folder)
    except NoKit as missing:
        stop(ExitCode.NOT_FOUND, "no_kit", f"CARD_BRIDGE_VIRTUAL: {missing}", in_json=in_json)


def load_settings(file: Path | None, *, in_json: bool = False) -> BridgeSettings:
    """The settings; every problem is printed before the command exits with 1."""
    try:
        return BridgeSettings.load(file)
    except SettingsInvalid as wrong:
        stop(ExitCode.REFUSED, "settings_invalid", wrong.problems, in_json=in_json)
