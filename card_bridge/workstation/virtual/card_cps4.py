"""A virtual CPS4: the ChipDoc application, on logical channel 1.

It has no INTERNAL AUTHENTICATE. Its authentication key signs by PSO DECIPHER of a block that the caller has padded,
so that a client that deciphers what a page sends would sign anything.

How a CPS4 opens channel 1 is not published: this one takes both ways of ISO/IEC 7816-4.
"""

from collections.abc import Callable, Mapping
from typing import Final

from cryptography.hazmat.primitives.asymmetric import rsa

from card_bridge.workstation.virtual.card import VirtualCard, power
from card_bridge.workstation.virtual.card_cps3 import ROOT_NAME
from card_bridge.workstation.virtual.command_apdu import CHAINED, CommandApdu, Refused, Status

ATR: Final = bytes.fromhex("3B9B188001001225006480040100009044")
SIGNATURE_KEY, AUTHENTICATION_KEY = 0x10, 0x20
_CONFIDENTIALITY: Final = 0xB8
_SELECT, _MANAGE_CHANNEL = 0xA4, 0x70
_ON_CHANNEL_ONE: Final = frozenset({0x20, 0x22, 0x2A})


class Cps4Card(VirtualCard):
    """A card of the generation CPS4. Files are read on both channels."""

    atr = ATR
    is_t0 = False

    def reset(self) -> None:
        super().reset()
        self._channel_is_open = self._application_is_selected = False
        self._key: rsa.RSAPrivateKey | None = None
        self._chain = b""

    def _check_class(self, command: CommandApdu) -> None:
        """The class is 00 or 01, the logical channel; with 10, a part of PERFORM SECURITY OPERATION.

        Channel 1 is opened by MANAGE CHANNEL, or by SELECT on it (ISO/IEC 7816-4 section 5.4.1).
        """
        if command.cla & ~CHAINED not in (0x00, 0x01):
            raise Refused(Status.UNKNOWN_CLASS)
        if command.channel and not self._channel_is_open and command.ins != _SELECT:
            raise Refused(Status.CHANNEL_NOT_SUPPORTED)
        if command.ins in _ON_CHANNEL_ONE and not (command.channel and self._application_is_selected):
            raise Refused(Status.CONDITIONS_NOT_SATISFIED)

    def _answer(self, command: CommandApdu) -> bytes:
        """Answer with the data at once when the command says how much it expects, as with the protocol T=1."""
        answer = super()._answer(command)
        if command.data and command.le is not None and answer[:1] == b"\x61" and len(answer) == 2:
            data, self._waiting = self._waiting[: command.le], self._waiting[command.le :]
            return data + (self._more() if self._waiting else b"\x90\x00")
        return answer

    def _instructions(self) -> Mapping[int, Callable[[CommandApdu], bytes]]:
        return {
            0x20: self._verify,
            0x22: self._manage_environment,
            0x2A: self._perform_operation,
            _MANAGE_CHANNEL: self._manage_channel,
            _SELECT: self._select_on_channel,
            0xB0: self._read_binary,
        }

    def _manage_channel(self, command: CommandApdu) -> bytes:
        """Open channel 1, named or chosen by the card, or close it."""
        match command.p1, command.p2:
            case 0x00, 0x00:
                self._channel_is_open = True
                return b"\x01"
            case 0x00, 0x01:
                self._channel_is_open = True
            case 0x80, 0x01:
                self._channel_is_open = self._application_is_selected = False
            case _:
                raise Refused(Status.WRONG_PARAMETERS)
        return b""

    def _select_on_channel(self, command: CommandApdu) -> bytes:
        answer = self._select(command)
        if command.channel:
            self._channel_is_open = True
            if command.p1 == 0x04:
                self._application_is_selected = ROOT_NAME.startswith(command.data) or self._application_is_selected
        return answer

    def _manage_environment(self, command: CommandApdu) -> bytes:
        """MANAGE SECURITY ENVIRONMENT, SET: the key (tag 83). The templates of the signature key are not emulated."""
        if (command.p1, command.p2) != (0x41, _CONFIDENTIALITY):
            raise Refused(Status.NOT_SUPPORTED)
        if len(command.data) != 3 or command.data[:2] != b"\x83\x01":
            raise Refused(Status.WRONG_DATA)
        if command.data[2] != AUTHENTICATION_KEY:
            raise Refused(Status.OBJECT_NOT_FOUND)
        self._key = self._keys[AUTHENTICATION_KEY]
        return b""

    def _perform_operation(self, command: CommandApdu) -> bytes:
        """PSO DECIPHER: one block of the size of the modulus, in parts. There is no octet 81 before it."""
        if (command.p1, command.p2) != (0x80, 0x86):
            raise Refused(Status.NOT_SUPPORTED)
        if self._key is None:
            raise Refused(Status.CONDITIONS_NOT_SATISFIED)
        self._chain += command.data
        if command.is_chained:
            return b""
        block, self._chain = self._chain, b""
        self._require_pin()
        if len(block) != self._key.key_size // 8:
            raise Refused(Status.WRONG_LENGTH)
        return power(self._key, block)
