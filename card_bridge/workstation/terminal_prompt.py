"""The PIN prompt of the commands: the terminal of the person who has typed the command."""

import click

from card_bridge.workstation.output import echo
from card_bridge.workstation.pin_entry.base import LONGEST_PIN, Pin, PinRequest, TypedOnPinpad


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
                return TypedOnPinpad(status=request.pinpad.send(request.pinpad.command, request.is_last_try))
            typed: str = click.prompt("PIN", hide_input=True, err=True)
        except click.Abort:
            return None
        if not typed.isascii() or not 0 < len(typed) <= LONGEST_PIN:
            return None
        return Pin(typed.encode(), last_try_accepted=request.is_last_try)
