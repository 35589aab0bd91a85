"""The readers of this computer, through its PC/SC service. This is the only module that imports pyscard.

Each call opens a context of its own: a context serves one thread at a time, and the service may have been restarted.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Final

from card_bridge.workstation.connection import (
    CardMute,
    CardRemoved,
    ConnectionFailed,
    NoReaderService,
    ReaderBusy,
    ReaderUnplugged,
)

try:
    from smartcard import scard as installed_scard
except ImportError:  # pyscard, or the library of PC/SC, is not installed
    installed_scard = None

_VERIFY_PIN_DIRECT: Final = 0x06  # PC/SC part 10 section 2.2
_GET_FEATURE_REQUEST: Final = 3400
_EVENT_COUNTER: Final = 16  # bits below it are the state of a reader, bits above count its events
_REMOVAL_NOTICED: Final = 1.0  # seconds: the service looks at its readers about every 0.4
_LONGEST_WAIT: Final = 1.0  # seconds, of one call that waits: it does not end when the service stops

_FAILURES: Final[dict[str, type[ConnectionFailed]]] = {
    "SCARD_E_NO_SERVICE": NoReaderService,
    "SCARD_E_SERVICE_STOPPED": NoReaderService,
    "SCARD_E_SERVER_TOO_BUSY": NoReaderService,
    "SCARD_F_COMM_ERROR": NoReaderService,
    "SCARD_E_INVALID_HANDLE": NoReaderService,  # the service was restarted
    "SCARD_E_UNKNOWN_READER": ReaderUnplugged,
    "SCARD_E_READER_UNAVAILABLE": ReaderUnplugged,
    "SCARD_E_NO_READERS_AVAILABLE": ReaderUnplugged,
    "SCARD_E_SHARING_VIOLATION": ReaderBusy,
    "SCARD_E_NO_SMARTCARD": CardRemoved,
    "SCARD_W_REMOVED_CARD": CardRemoved,
    "SCARD_W_UNRESPONSIVE_CARD": CardMute,
    "SCARD_W_UNPOWERED_CARD": CardMute,
    "SCARD_W_UNSUPPORTED_CARD": CardMute,
    "SCARD_E_PROTO_MISMATCH": CardMute,
}


def _scard() -> Any:
    if installed_scard is None:
        raise NoReaderService("pyscard, or the system's PC/SC library, is not installed")
    return installed_scard


def parse_features(octets: bytes) -> dict[int, int]:
    """What a reader can do besides (PC/SC part 10 section 2.2): a tag, the length 4 and a control code, each."""
    entries = (octets[at : at + 6] for at in range(0, len(octets) - 5, 6))
    return {entry[0]: int.from_bytes(entry[2:]) for entry in entries if entry[1] == 4}


def check(result: int) -> None:
    """Raise the failure that a result of PC/SC means; CardMute for one that only a card or a reader in trouble gives.

    Raises:
        ConnectionFailed: the result is not success.
    """
    scard = _scard()
    if result == scard.SCARD_S_SUCCESS:
        return
    for name, failure in _FAILURES.items():
        if result == getattr(scard, name, None):
            raise failure(scard.SCardGetErrorMessage(result))
    raise CardMute(scard.SCardGetErrorMessage(result))


@contextmanager
def _context() -> Iterator[Any]:
    scard = _scard()
    result, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
    check(result)
    try:
        yield context
    finally:
        scard.SCardReleaseContext(context)


@dataclass(frozen=True, slots=True)
class _Status:
    present: bool
    events: int
    atr: bytes
    known: int
    """As PC/SC gave it, to wait for the next."""


def _status(context: Any, name: str, *, known: int = 0, timeout: float = 0.0) -> _Status | None:
    """The status of a reader; None when it is still `known` after the time limit (seconds).

    Raises:
        ConnectionFailed: ReaderUnplugged, or NoReaderService.
    """
    scard = _scard()
    asked = [(name, known or scard.SCARD_STATE_UNAWARE)]
    result, answers = scard.SCardGetStatusChange(context, int(timeout * 1000), asked)
    if result == scard.SCARD_E_TIMEOUT:
        return None
    check(result)
    _name, state, atr = answers[0]
    if state & (scard.SCARD_STATE_UNKNOWN | scard.SCARD_STATE_UNAVAILABLE):
        raise ReaderUnplugged("the reader is not connected")
    return _Status(
        present=bool(state & scard.SCARD_STATE_PRESENT),
        events=state >> _EVENT_COUNTER,
        atr=b"" if state & scard.SCARD_STATE_MUTE else bytes(atr),
        known=state & ~scard.SCARD_STATE_CHANGED,
    )


def _current_status(context: Any, name: str) -> _Status:
    """The status of a reader now.

    Raises:
        ConnectionFailed: ReaderUnplugged, or NoReaderService.
    """
    status = _status(context, name)
    if status is None:  # a status that is asked for without a known one always differs
        raise ReaderUnplugged("the reader gives no status")
    return status


class PcscReaders:
    """The readers that PC/SC knows."""

    def slots(self) -> Sequence["PcscSlot"]:
        """As `CardReaders.slots`."""
        scard = _scard()
        with _context() as context:
            result, names = scard.SCardListReaders(context, [])
            if result == scard.SCARD_E_NO_READERS_AVAILABLE or (result == scard.SCARD_S_SUCCESS and not names):
                return ()
            check(result)
            found = []
            for name in names:
                with suppress(ReaderUnplugged):
                    found.append(PcscSlot(name, _current_status(context, name)))
            return found


class PcscSlot:
    """One slot. `atr` and `changes` are those of the moment when the slots were listed."""

    def __init__(self, name: str, status: _Status) -> None:
        self.name = name
        self.atr = status.atr or None
        self.changes = status.events

    @property
    def has_card(self) -> bool | None:
        try:
            with _context() as context:
                return _current_status(context, self.name).present
        except ReaderUnplugged:
            return False
        except ConnectionFailed:
            return None

    def connect(self) -> "PcscConnection":
        """As `Slot.connect`. The share mode is exclusive: another program reaches the card after `close` only."""
        scard = _scard()
        result, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
        check(result)
        try:
            result, card, protocol = scard.SCardConnect(
                context, self.name, scard.SCARD_SHARE_EXCLUSIVE, scard.SCARD_PROTOCOL_T0 | scard.SCARD_PROTOCOL_T1
            )
            check(result)
        except ConnectionFailed:
            scard.SCardReleaseContext(context)
            raise
        try:
            return PcscConnection(context, card, protocol, slot=self)
        except ConnectionFailed:
            scard.SCardDisconnect(card, scard.SCARD_UNPOWER_CARD)
            scard.SCardReleaseContext(context)
            raise

    def wait_for_removal(self, timeout: float) -> bool:
        """As `Slot.wait_for_removal`."""
        ends = time.monotonic() + timeout
        try:
            with _context() as context:
                status = _current_status(context, self.name)
                while status.present and status.events == self.changes:
                    remaining = ends - time.monotonic()
                    if remaining <= 0:
                        return False
                    wait = min(remaining, _LONGEST_WAIT)
                    status = _status(context, self.name, known=status.known, timeout=wait) or status
        except ConnectionFailed:
            return True
        return True


class PcscConnection:
    """An exclusive connection by PC/SC."""

    def __init__(self, context: Any, card: Any, protocol: int, *, slot: PcscSlot) -> None:
        self._context = context
        self._card = card
        self._slot = slot
        scard = _scard()
        self._is_t0 = protocol == scard.SCARD_PROTOCOL_T0
        self._protocol = scard.SCARD_PCI_T0 if self._is_t0 else scard.SCARD_PCI_T1
        result, _name, _state, _active, atr = scard.SCardStatus(card)
        check(result)
        self.atr = bytes(atr)
        self._features = self._read_features()

    @property
    def verify_pin_direct(self) -> Callable[[bytes], bytes] | None:
        """As `CardConnection.verify_pin_direct`."""
        if (code := self._features.get(_VERIFY_PIN_DIRECT)) is None:
            return None
        return lambda structure: self._control(code, structure)

    def transmit(self, octets: bytes | bytearray) -> bytes:
        """As `CardConnection.transmit`. T=0 carries no Le behind data (ISO/IEC 7816-3 section 12.2)."""
        command = list(octets)
        if self._is_t0 and len(command) > 5 and len(command) == 6 + command[4]:
            command.pop()
        scard = _scard()
        result, answer = scard.SCardTransmit(self._card, self._protocol, command)
        command.clear()  # it may have a PIN, and an error that follows keeps this frame
        self._check(result)
        if not answer:  # some readers report success when the card is pulled
            self._raise_departure("the card gave no answer")
        return bytes(octet & 0xFF for octet in answer)

    def close(self) -> None:
        """As `CardConnection.close`. Taking the power from the card resets it, whatever the reader."""
        if self._card is not None:
            scard = _scard()
            scard.SCardDisconnect(self._card, scard.SCARD_UNPOWER_CARD)
            scard.SCardReleaseContext(self._context)
            self._card = None

    def _read_features(self) -> dict[int, int]:
        scard = _scard()
        result, answer = scard.SCardControl(self._card, scard.SCARD_CTL_CODE(_GET_FEATURE_REQUEST), [])
        return parse_features(bytes(octet & 0xFF for octet in answer)) if result == scard.SCARD_S_SUCCESS else {}

    def _control(self, code: int, structure: bytes) -> bytes:
        result, answer = _scard().SCardControl(self._card, code, list(structure))
        self._check(result)
        return bytes(octet & 0xFF for octet in answer)

    def _check(self, result: int) -> None:
        """Raise the failure. PC/SC has one code for a card that was pulled and for one that does not answer."""
        try:
            check(result)
        except CardMute as failure:
            self._raise_departure(str(failure))
            raise

    def _raise_departure(self, message: str) -> None:
        """Raise what ended a command, when the card or the reader went away. The service notices it a moment later.

        Raises:
            CardRemoved, ReaderUnplugged, NoReaderService: the card, the reader or the service is no longer there.
        """
        if self._slot.wait_for_removal(_REMOVAL_NOTICED):
            with _context() as context:
                _current_status(context, self._slot.name)
            raise CardRemoved(message)
