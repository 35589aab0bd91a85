"""Requests that were seen before: Profiles section 4.1.4.5 and Core section 1.3.4, an ID is used once."""

from datetime import timedelta

from config.redis.store import Put, Store, fingerprint
from idp.record_kinds import IdpRecord


class ReplayCache:
    """The requests of the last minutes: for as long as one of them could still be fresh."""

    def __init__(self, store: Store, *, remembered: timedelta) -> None:
        self._store = store
        self._remembered = remembered

    def is_new(self, issuer: str, identifier: str) -> bool:
        """Whether `issuer` has not used this identifier yet; from now on it has."""
        return self._store.add_once(IdpRecord.ONCE, _name(issuer, identifier), lifetime=self._remembered)

    def is_known(self, issuer: str, identifier: str) -> bool:
        """Whether `issuer` has used this identifier; nothing is written."""
        return self._store.get(IdpRecord.ONCE, _name(issuer, identifier)) is not None

    def used(self, issuer: str, identifier: str, *, at_least: timedelta) -> Put:
        """The record that it has, to be written with the answer, unless it is there."""
        lifetime = max(self._remembered, at_least)
        return Put(kind=IdpRecord.ONCE, identifier=_name(issuer, identifier), value={}, lifetime=lifetime)

    def forget(self, issuer: str, identifier: str) -> None:
        """It may come again: nothing was answered."""
        self._store.delete((IdpRecord.ONCE, _name(issuer, identifier)))


def _name(issuer: str, identifier: str) -> str:
    return fingerprint(f"saml-request|{issuer}|{identifier}")
