"""One card in one slot, opened for an operation: its state, its PIN and its signature.

The connection is exclusive for as long as the card is open, and closing it resets the card: no other program signs
with the PIN that was typed here (docs/decisions/card-drivers.md).
"""

from datetime import datetime
from functools import partial
from types import TracebackType
from typing import Self

from card_bridge.certificate import CertificateMalformed
from card_bridge.states import EXPIRES_SOON, CardState
from card_bridge.workstation.apdu import CardChannel, CardMisbehaved, Response, Status
from card_bridge.workstation.connection import CardConnection, Slot
from card_bridge.workstation.credential import Credential, read_credential
from card_bridge.workstation.drivers.base import Driver
from card_bridge.workstation.drivers.table import driver_for
from card_bridge.workstation.holder import Holder
from card_bridge.workstation.keypad import Keypad
from card_bridge.workstation.pin_entry.base import LastTryNotAccepted, Pin
from card_bridge.workstation.rsa import is_signature


class ForeignCard(Exception):
    """The card is not a CPS."""


class PinMalformed(Exception):
    """The PIN has a length or a character that the card does not take."""


class OpenCard:
    """A CPS with its authentication credential, on an exclusive connection.

    Args:
        slot: where the card is.
        connection: to the card; `close` closes it.
        driver: for this generation of the card.
        credential: what `read_credential` found.
    """

    def __init__(self, slot: Slot, connection: CardConnection, driver: Driver, credential: Credential) -> None:
        self.slot = slot
        self.credential = credential
        self._connection = connection
        self._driver = driver
        self.tries_left = driver.tries_left(credential.pin.reference)
        """How often the PIN may still be wrong; None when the card does not tell."""

    @classmethod
    def open(cls, slot: Slot) -> Self:
        """Connect to the card and read what a login needs.

        Raises:
            ForeignCard: it is not a CPS. A slot that tells the ATR is not connected to.
            NotActivated: it has no authentication certificate, or no PIN.
            CardMisbehaved: it answers as no CPS does.
            ConnectionFailed: each of its subclasses.
        """
        if slot.atr is not None and driver_for(slot.atr) is None:
            raise ForeignCard
        connection = slot.connect()
        try:
            driver = _driver(connection)
            driver.open()
            return cls(slot, connection, driver, read_credential(driver))
        except BaseException:  # whatever failed, other programs must reach the card again
            connection.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Reset the card and release it."""
        self._connection.close()

    @property
    def holder(self) -> Holder:
        """Of the certificate, not verified."""
        return Holder.of(self.credential.certificate)

    def state(self, now: datetime) -> CardState:
        """The state of a card that could be read."""
        certificate = self.credential.certificate
        if now < certificate.not_before:
            return CardState.NOT_YET_VALID
        if now > certificate.not_after:
            return CardState.EXPIRED
        if self.tries_left == 0:
            return CardState.PIN_BLOCKED
        if certificate.not_after - now <= EXPIRES_SOON:
            return CardState.EXPIRES_SOON
        return CardState.READY

    @property
    def is_last_try(self) -> bool:
        """Whether a wrong PIN may block the card; also when the card does not tell how many tries are left."""
        return self.tries_left is None or self.tries_left <= 1

    def verify(self, pin: Pin) -> Response:
        """Send the PIN to the card, and wipe it.

        Raises:
            LastTryNotAccepted: one try is left, and the person has not ticked that it may be used.
            PinMalformed: the card cannot have such a PIN. No try is used.
            CardMisbehaved, ConnectionFailed: as `OpenCard.open`.
        """
        entry = self.credential.pin
        with pin:
            self._require_accepted(pin.last_try_accepted)
            if not entry.format.accepts(pin):
                raise PinMalformed
            self._driver.channel.restart()
            return self.count_tries(self._driver.verify(entry.reference, pin, entry.format))

    def pinpad(self) -> Keypad | None:
        """The keypad of the reader, ready for the PIN of this card; None when it has none."""
        send = self._connection.verify_pin_direct
        if send is None:
            return None
        entry = self.credential.pin
        return Keypad(
            send,
            form=entry.format,
            verify=partial(self._driver.verify_command, entry.reference),
            require_accepted=self._require_accepted,
        )

    def count_tries(self, response: Response) -> Response:
        """Keep what a VERIFY told of the tries that are left, and return it."""
        self._driver.channel.restart()
        if response.ok:
            return response
        told = response.tries_left
        if told is None and response.status != Status.REFERENCE_DATA_NOT_USABLE:
            told = self._driver.tries_left(self.credential.pin.reference)
        self.tries_left = told
        return response

    def sign(self, digest_info: bytes) -> bytes:
        """The signature of a DigestInfo, checked by the certificate's key. The PIN is verified.

        Raises:
            CardMisbehaved: the signature is not that of the certificate's key.
            ConnectionFailed: as `OpenCard.open`.
        """
        credential = self.credential
        try:
            modulus, exponent = credential.certificate.rsa_numbers
            signature = self._driver.sign(credential.key_reference, digest_info, key_octets=credential.key_octets)
            right = is_signature(signature, digest_info, modulus=modulus, exponent=exponent)
        except (CertificateMalformed, ValueError) as fault:
            raise CardMisbehaved("the key of the certificate cannot be used") from fault
        if not right:
            raise CardMisbehaved("the signature is not that of the certificate's key")
        return signature

    def _require_accepted(self, accepted: bool) -> None:  # noqa: FBT001 - it is what the person ticked
        if self.is_last_try and not accepted:
            raise LastTryNotAccepted


def _driver(connection: CardConnection) -> Driver:
    driver = driver_for(connection.atr)
    if driver is None:
        raise ForeignCard
    return driver(CardChannel(connection))
