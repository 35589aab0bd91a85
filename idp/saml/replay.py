"""The replay cache: an ID is used once. Profiles section 4.1.4.5 and Core section 1.3.4."""

from datetime import timedelta

from config.redis.store import Put, Store, fingerprint
from idp.record_kinds import IdpRecord


class ReplayCache:
    """The IDs of recent requests, kept as long as such a request could still be fresh."""

    def __init__(self, store: Store, *, remembered: timedelta) -> None:
        self._store = store
        self._remembered = remembered

    def is_new(self, issuer: str, identifier: str) -> bool:
        """Whether `issuer` uses this identifier for the first time. It is recorded as used."""
        return self._store.add_once(IdpRecord.ONCE, _name(issuer, identifier), lifetime=self._remembered)

    def is_known(self, issuer: str, identifier: str) -> bool:
        """Whether `issuer` has used this identifier. Nothing is recorded."""
        return self._store.get(IdpRecord.ONCE, _name(issuer, identifier)) is not None

    def use_record(self, issuer: str, identifier: str, *, at_least: timedelta) -> Put:
        """The record of its use, which the store writes with the answer unless it exists."""
        lifetime = max(self._remembered, at_least)
        return Put(kind=IdpRecord.ONCE, identifier=_name(issuer, identifier), value={}, lifetime=lifetime)

    def forget(self, issuer: str, identifier: str) -> None:
        """Remove the record: the request was not answered and may be retried."""
        self._store.delete((IdpRecord.ONCE, _name(issuer, identifier)))


def _name(issuer: str, identifier: str) -> str:
    return fingerprint(f"saml-request|{issuer}|{identifier}")
