"""Fault records: the details of refused requests, kept for a day under the reference on the page.

The page says little, since anyone may see it. An operator reads the record by `idp fault REFERENCE`, and passes it on
to the application's developer.
"""

from dataclasses import dataclass
from datetime import timedelta

from config.redis.rate_limits import Throttle, places
from config.redis.store import Store, StoreUnavailable
from idp.record_kinds import IdpRecord

KEPT_FOR = timedelta(days=1)
KEPT_IN_A_FLOOD = timedelta(hours=1)
_MOST_PER_PREFIX = 200
_MOST_OF_A_KIND = 20  # for each kind of fault, beyond `_MOST_PER_PREFIX`
_WINDOW = timedelta(hours=1)
_LONGEST = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultRecord:
    """A refused request: the code of the fault, and the values received, registered and expected."""

    fault: str
    received: str
    registered: tuple[str, ...]
    expected: tuple[str, ...] = ()


class FaultRecords:
    """The fault records of the last day."""

    def __init__(self, store: Store, throttle: Throttle) -> None:
        self._store = store
        self._throttle = throttle

    def keep(self, reference: str, record: FaultRecord, *, address: str) -> None:
        """Keep a record. Records are limited, so that nobody can fill the store; if the store is away, none is kept.

        During a flood from a network, fewer records of each kind are kept, and for a shorter time. Other people of
        that network mostly have faults of other kinds, whose records are still kept.
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
        """The record under a reference. Case and surrounding spaces do not matter."""
        found = self._store.get(IdpRecord.FAULT, reference.strip().upper())
        if found is None:
            return None
        return FaultRecord(
            fault=found["fault"],
            received=found["received"],
            registered=tuple(found["registered"]),
            expected=tuple(found["expected"]),
        )
