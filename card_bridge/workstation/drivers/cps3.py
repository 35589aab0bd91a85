"""The CPS3, issued from 2011: an IAS-ECC card (CEN/TS 15480-2) that speaks T=0."""

from typing import Final

from card_bridge.workstation.apdu import CardMisbehaved, Command
from card_bridge.workstation.drivers.base import Driver
from card_bridge.workstation.tlv import Tlv, TlvMalformed, find_deep

_REMAINING_TRIES: Final = 0x9B  # in the control parameters of a PIN's security data object
_RSA_CLIENT_AUTHENTICATION: Final = 0x02  # algorithm: client/server authentication, PKCS#1 v1.5


class Cps3Driver(Driver):
    """The card itself pads the DigestInfo, by INTERNAL AUTHENTICATE."""

    def open(self) -> None:
        """Nothing: the paths of files start at the master file."""

    def tries_left(self, pin_reference: int) -> int | None:
        """GET DATA of the PIN's security data object: it uses no try, and needs no VERIFY."""
        wanted = bytes.fromhex(f"4D087006BF81{pin_reference:02X}02A080")
        response = self.channel.send(Command(self.cla, 0xCB, 0x3F, 0xFF, wanted, expected=256))
        if not response.ok:
            return None
        try:
            remaining = find_deep(Tlv.parse_all(response.data), _REMAINING_TRIES)
            tries = None if remaining is None else remaining.integer
        except TlvMalformed as fault:
            raise CardMisbehaved("the control parameters of the PIN cannot be read") from fault
        return tries

    def sign(self, key_reference: int, digest_info: bytes, *, key_octets: int) -> bytes:
        """MANAGE SECURITY ENVIRONMENT for authentication, then INTERNAL AUTHENTICATE."""
        environment = bytes((0x80, 0x01, _RSA_CLIENT_AUTHENTICATION, 0x84, 0x01, key_reference))
        self._require_ok(Command(self.cla, 0x22, 0x41, 0xA4, environment))
        signature = self._require_ok(Command(self.cla, 0x88, 0x00, 0x00, digest_info, expected=256)).data
        if len(signature) != key_octets:
            raise CardMisbehaved("the signature has a wrong length")
        return signature
