"""Chooses what shows the questions on this computer."""

from card_bridge.workstation.pin_entry.dialogs import Dialogs
from card_bridge.workstation.pin_entry.pinentry import PinentryDialogs, graphical_pinentry
from card_bridge.workstation.pin_entry.window import WindowDialogs


def available_dialogs(language: str) -> Dialogs:
    """pinentry when it has windows, else the bridge's own window, which raises `PinUnavailable` without a display."""
    program = graphical_pinentry()
    return PinentryDialogs(program, language) if program else WindowDialogs(language)
