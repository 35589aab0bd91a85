"""What a developer needs to know of a refused request, kept for a day behind the reference on the page.

The page says little, since anyone may stand before it; an operator reads the
rest with `idp fault REFERENCE` and passes it on to the application's developer.
"""

from dataclasses import dataclass
from datetime import timedelta

from config.redis.rate_limits import Throttle, places
from config.redis.store import Store, StoreUnavailable
from idp.record_kinds import IdpRecord

KEPT_FOR = timedelta(days=1)
KEPT_IN_A_FLOOD = timedelta(hours=1)
_MOST_PER_PREFIX = 200
_MOST_OF_A_KIND = 20  # once a network has made so many, of each kind of fault
_WINDOW = timedelta(hours=1)
_LONGEST = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultRecord:
    """One refused request: the stable word for why, what was received, what is registered, what we expected."""

    fault: str
    received: str
    registered: tuple[str, ...]
    expected: tuple[str, ...] = ()


class FaultRecords:
    """The faults of the last day."""

    def __init__(self, store: Store, throttle: Throttle) -> None:
        self._store = store
        self._throttle = throttle

    def keep(self, reference: str, record: FaultRecord, *, address: str) -> None:
        """Keep `record`; a stranger cannot fill the store, and without the store the page still stands.

        Once somebody floods us from a network, faults of each kind are kept for a shorter time, and fewer: what
        a neighbour sees is of another kind, more often than not, and its reference still leads to it.
        """
        try:
            lifetime = self._kept_for(record, address)
            if lifetime is None:
                return
            value = {
                "fault": record.fault,
                "received": record.received[:_LONGEST],
                "registered": list(record.registered),
                "expected": list(record.expected),
            }
            self._store.put(IdpRecord.FAULT, reference, value, lifetime=lifetime)
        except StoreUnavailable:
            return

    def _kept_for(self, record: FaultRecord, address: str) -> timedelta | None:
        if not self._throttle.allow_network("faults", address, limit=_MOST_PER_PREFIX, window=_WINDOW):
            return KEPT_FOR
        kind = f"{places(address)[1]} {record.fault}"
        if not self._throttle.allow("faults-of-a-kind", kind, limit=_MOST_OF_A_KIND, window=_WINDOW):
            return KEPT_IN_A_FLOOD
        return None

    def find(self, reference: str) -> FaultRecord | None:
        """The fault behind a reference, as it was read out on the telephone: case and spaces do not matter."""
        found = self._store.get(IdpRecord.FAULT, reference.strip().upper())
        if found is None:
            return None
        return FaultRecord(
            fault=found["fault"],
            received=found["received"],
            registered=tuple(found["registered"]),
            expected=tuple(found.get("expected", ())),  # one that was kept before this word was
        )
