"""The PIN prompt of the commands: the terminal of the person who has typed the command."""

import sys

import click

from card_bridge.workstation.output import echo
from card_bridge.workstation.pin_entry.base import LONGEST_PIN, Pin, PinRequest, PinUnavailable, TypedOnPinpad
from card_bridge.workstation.pin_entry.dialogs import LONGEST_WAIT


class TerminalPrompt:
    """Asks on the terminal, without showing what is typed. The reader's keypad is used when there is one."""

    def ask(self, request: PinRequest) -> Pin | TypedOnPinpad | None:
        """As `PinPrompt.ask`."""
        echo(f"Holder: {request.holder.name}, {request.holder.profession}", err=True)
        if request.tries_left is not None:
            echo(f"Tries left: {request.tries_left}", err=True)
        try:
            if request.is_last_try and not click.confirm(
                "A wrong PIN will block the card. Use the last try?", err=True
            ):
                return None
            if request.pinpad is not None:
                echo("Type the PIN on the keypad of the reader.", err=True)
                status = request.pinpad.verify(seconds=LONGEST_WAIT, last_try_accepted=request.is_last_try)
                return TypedOnPinpad(status=status)
            typed = _typed()
        except click.Abort:
            return None
        if not typed.isascii() or not 0 < len(typed) <= LONGEST_PIN:
            return None
        return Pin(typed.encode(), last_try_accepted=request.is_last_try)


def _typed() -> str:
    """The PIN, from the terminal or from the program before a pipe.

    Raises:
        click.Abort: nothing is typed.
        PinUnavailable: there is neither.
    """
    if sys.stdin is None:  # closed by the shell
        raise PinUnavailable
    if not sys.stdin.isatty():
        if not (line := sys.stdin.readline()):
            raise click.Abort
        return line.rstrip("\r\n")
    typed: str = click.prompt("PIN", hide_input=True, err=True)
    return typed
