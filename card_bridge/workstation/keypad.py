"""The keypad of a reader: the reader asks for the PIN and sends it to the card itself (PC/SC part 10).

The PIN never reaches this computer. The reader is given a VERIFY command, and how the PIN goes into it.
"""

import struct
from collections.abc import Callable
from typing import Final

from card_bridge.workstation.apdu import Command
from card_bridge.workstation.pin_entry.base import PinFormat

_ASCII_FROM_THE_LEFT: Final = 0x82  # bmFormatString: units of octets, position 0, justified to the left, ASCII
_LARGEST_BLOCK: Final = 15  # octets: bmPINBlockString has four bits for it
_VALIDATION_KEY: Final = 0x02  # bEntryValidationCondition: the person presses the key that confirms
_ONE_MESSAGE: Final = 0x01  # bNumberMessage: the reader's own "enter the PIN"
_FRENCH: Final = 0x040C  # wLangId
_LONGEST_TIMEOUT: Final = 255  # seconds


class Keypad:
    """As `pin_entry.base.Pinpad`, for one card.

    Args:
        send: sends the structure to the reader (`CardConnection.verify_pin_direct`).
        verify: the VERIFY command of the card for a block of these octets.
        require_accepted: raises LastTryNotAccepted when the last try is not to be used.
    """

    def __init__(
        self,
        send: Callable[[bytes], bytes],
        *,
        form: PinFormat,
        verify: Callable[[bytes], Command],
        require_accepted: Callable[[bool], None],
    ) -> None:
        self._send = send
        self._form = form
        self._verify = verify
        self._require_accepted = require_accepted

    def verify(self, *, seconds: float, last_try_accepted: bool) -> bytes:
        """As `Pinpad.verify`."""
        self._require_accepted(last_try_accepted)
        return self._send(pin_verify_structure(self._form, self._verify, seconds=seconds))


def pin_verify_structure(form: PinFormat, verify: Callable[[bytes], Command], *, seconds: float) -> bytes:
    """PIN_VERIFY_STRUCTURE of PC/SC part 10 section 2.5.2.

    A PIN that has one length on the card is given as a block of that length. For a PIN of several lengths the reader
    itself writes Lc.

    Args:
        form: how the card wants the PIN.
        verify: the VERIFY command of the card for a block of these octets.
        seconds: how long the reader waits for the person.
    """
    block = form.stored_length or (form.most if form.least == form.most else 0)
    if block > _LARGEST_BLOCK:
        block = 0
    command = verify(bytes([form.padding]) * block).encoded()
    if not block:
        command.append(0)  # Lc
    timeout = max(1, min(int(seconds), _LONGEST_TIMEOUT))
    head = struct.pack(
        "<BBBBBHBBHB3xI",
        timeout,  # bTimeOut: before the first key
        timeout,  # bTimeOut2: after it
        _ASCII_FROM_THE_LEFT,
        block,  # bmPINBlockString: no length is inserted in the block
        0,  # bmPINLengthFormat: none either
        form.least << 8 | form.most,  # wPINMaxExtraDigit
        _VALIDATION_KEY,
        _ONE_MESSAGE,
        _FRENCH,
        0,  # bMsgIndex; then bTeoPrologue, three octets for T=1 that the reader's driver fills
        len(command),
    )
    return head + bytes(command)
