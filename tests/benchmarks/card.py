"""The workstation's time from the PIN to the assertion, beside the time that the card itself takes for it.

The cards are the virtual ones, in the software reader and through pcscd. Their own time is what they take to answer the
commands after the PIN: VERIFY, MANAGE SECURITY ENVIRONMENT, the signature. The rest is the workstation's: pyscard,
pcscd and vpcd where they are, the check of the signature, the reset of the card, the assertion.
"""

import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from card_bridge.assertion import Purpose
from card_bridge.workstation.connection import CardReaders
from card_bridge.workstation.operation import Signed, look, sign
from card_bridge.workstation.pcsc import PcscReaders
from card_bridge.workstation.pin_entry.base import Pin, PinRequest
from card_bridge.workstation.virtual import personas
from card_bridge.workstation.virtual.authority import Authority
from card_bridge.workstation.virtual.card import VirtualCard
from card_bridge.workstation.virtual.cards import make_card
from card_bridge.workstation.virtual.software import SoftwareReader
from tests.benchmarks.report import Verdict
from tests.benchmarks.servers import RedisServer
from tests.pcscd import running_pcscd
from tests.processes import until

BOUND = 2.0
COUNT = 100
_CARDS = {"CPS3": personas.DOCTOR, "CPS4": personas.NURSE}
_FIELDS: dict[str, Any] = {"purpose": Purpose.LOGIN, "origin": "https://id.example", "nonce": "n" * 43}


@dataclass(slots=True)
class Times:
    """Seconds of each operation."""

    operation: list[float] = field(default_factory=list)
    """From the PIN to the assertion."""
    card: list[float] = field(default_factory=list)
    """Of that, in the card."""
    look: list[float] = field(default_factory=list)


class TimedCard:
    """A virtual card that adds up how long it takes to answer."""

    def __init__(self, card: VirtualCard) -> None:
        self._card = card
        self.seconds = 0.0
        self._transmit = card.transmit
        card.transmit = self._timed  # type: ignore[method-assign]

    def _timed(self, octets: bytes) -> bytes:
        began = time.perf_counter()
        try:
            return self._transmit(octets)
        finally:
            self.seconds += time.perf_counter() - began


class TypesAtOnce:
    """A person who needs no time. `asked_at` is when the PIN was given."""

    def __init__(self, card: TimedCard) -> None:
        self._card = card
        self.given_at = 0.0

    def ask(self, request: PinRequest) -> Pin:  # noqa: ARG002 - the PIN is always the same
        self._card.seconds = 0.0
        self.given_at = time.perf_counter()
        return Pin(personas.PIN.encode())


def measure(folder: Path, redis: RedisServer) -> list[Verdict]:
    authority = Authority.for_tests(folder / "authority")
    verdicts = []
    for path, inserted in (("software reader", _in_software), ("pcscd and vpcd", _in_pcscd)):
        for name, persona in _CARDS.items():
            card = make_card(persona, authority)
            with inserted(folder, card) as readers:
                verdicts += _verdicts(f"{name}, {path}", _times(readers, card))
    return verdicts


def _verdicts(what: str, times: Times) -> list[Verdict]:
    operation, card, seen = (statistics.median(each) * 1000 for each in (times.operation, times.card, times.look))
    slowest = statistics.quantiles(times.operation, n=20)[-1] * 1000
    return [
        Verdict(
            what=f"PIN to assertion / the card's own time ({what})",
            measured=operation / card,
            bound=BOUND,
            unit="x",
            detail=f"{operation:.1f} ms, of which the card {card:.1f} ms; 95 % within {slowest:.1f} ms",
        ),
        Verdict(what=f"looking at the card ({what})", measured=seen, bound=None, unit="ms", detail=f"{COUNT} times"),
    ]


def _times(readers: CardReaders, card: VirtualCard) -> Times:
    timed = TimedCard(card)
    times = Times()
    for _time in range(COUNT):
        began = time.perf_counter()
        look(readers)
        times.look.append(time.perf_counter() - began)
        person = TypesAtOnce(timed)
        answer = sign(readers, **_FIELDS, pin_prompt=person)
        times.operation.append(time.perf_counter() - person.given_at)
        times.card.append(timed.seconds)
        if not isinstance(answer, Signed):
            raise RuntimeError(f"the card did not sign: {answer.reason}")  # noqa: TRY004 - it is no wrong type
    return times


@contextmanager
def _in_software(_folder: Path, card: VirtualCard) -> Iterator[CardReaders]:
    reader = SoftwareReader()
    reader.insert(card)
    yield reader


@contextmanager
def _in_pcscd(folder: Path, card: VirtualCard) -> Iterator[CardReaders]:
    readers = PcscReaders()
    with running_pcscd(folder / f"pcscd-{id(card)}") as service:
        slot = service.reader()
        slot.insert(card)
        until(lambda: readers.slots()[0].has_card, what="the card")
        yield readers
        slot.pull()
