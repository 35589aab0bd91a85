"""The CPS4, issued from 2025: the applet ChipDoc of NXP.

It has no INTERNAL AUTHENTICATE. A login is signed by the raw RSA operation that PSO DECIPHER makes of a block that
the workstation has padded (RFC 8017 section 9.2), which is also what the card does in a TLS handshake.
"""

from typing import Final

from card_bridge.workstation.apdu import CardMisbehaved, Command, Response, Status
from card_bridge.workstation.drivers.base import Driver, NotActivated
from card_bridge.workstation.rsa import pkcs1_block

_APPLET: Final = bytes.fromhex("8025000001FF0100")
_CHAINING: Final = 0x10  # in the class: more of the data follows (ISO/IEC 7816-4 section 5.3.3)
_CHAIN_LINK: Final = 0xF0  # octets


class Cps4Driver(Driver):
    """All commands go through the logical channel 1."""

    cla = 0x01

    def open(self) -> None:
        """MANAGE CHANNEL opens the channel 1, where SELECT finds the applet.

        A card that opens the channel by the first SELECT refuses the first command; the second decides.
        """
        self.channel.send(Command(0x00, 0x70, 0x00, self.cla, expected=None))
        self._select_applet()

    def tries_left(self, pin_reference: int) -> int | None:
        """VERIFY without data (ISO/IEC 7816-4 section 11.6.6): it uses no try."""
        response = self.channel.send(self.verify_command(pin_reference, b""))
        if response.status == Status.REFERENCE_DATA_NOT_USABLE:
            raise NotActivated
        return response.tries_left

    def sign(self, key_reference: int, digest_info: bytes, *, key_octets: int) -> bytes:
        """MANAGE SECURITY ENVIRONMENT for confidentiality, then PSO DECIPHER of the padded block."""
        block = pkcs1_block(digest_info, key_octets)
        self._require_ok(Command(self.cla, 0x22, 0x41, 0xB8, bytes((0x83, 0x01, key_reference))))
        while len(block) > _CHAIN_LINK:
            self._require_ok(Command(self.cla | _CHAINING, 0x2A, 0x80, 0x86, block[:_CHAIN_LINK]))
            block = block[_CHAIN_LINK:]
        signature = self._require_ok(Command(self.cla, 0x2A, 0x80, 0x86, block, expected=256)).data
        if len(signature) != key_octets:
            raise CardMisbehaved("the signature has a wrong length")
        return signature

    def _select_command(self, path: bytes) -> Response:
        """The card forgets its applet when another program has used the card, and then answers 69 85."""
        response = super()._select_command(path)
        if response.status == Status.CONDITIONS_NOT_SATISFIED:
            self._select_applet()
            response = super()._select_command(path)
        return response

    def _select_applet(self) -> None:
        self._require_ok(Command(self.cla, 0xA4, 0x04, 0x00, _APPLET, expected=256))
