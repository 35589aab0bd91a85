"""The key that each SAML application is pinned to, and the step that remains for it in a key change.

A key change of the applications that are configured by hand begins when the first of them
is moved to the next key. It ends when none of them uses an older key.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, select
from sqlalchemy.orm import Session

from config.sql.database import Database
from config.sql.versioned_cache import Revisions, VersionedCache
from idp.keys.certificates import made_at
from idp.keys.key_ring import Algorithm, KeysInUse, KeyState
from idp.keys.signing_keys import SigningKey
from relying_parties.registry.lookup import REVISION
from relying_parties.registry.models import RelyingParty, SamlServiceProviderRow

METADATA_GENERATED_EVERY = timedelta(days=1)  # its validUntil counts from the end of the day
AGE = {KeyState.PREVIOUS: 0, KeyState.CURRENT: 1, KeyState.NEXT: 2}  # the order in which keys were made

_KEYS = select(SigningKey.kid, SigningKey.algorithm, SigningKey.state, SigningKey.certificate, SigningKey.moved_at)
_ALGORITHM = SamlServiceProviderRow.terms["signature_algorithm"].as_string()
_FOLLOWS = SamlServiceProviderRow.terms["automatic_key_update"].as_boolean()
_PINS = (
    select(
        RelyingParty.id,
        RelyingParty.name,
        RelyingParty.identifier,
        RelyingParty.registered_at,
        RelyingParty.amended_at,
        RelyingParty.suspended_at,
        SamlServiceProviderRow.signing_kid,
        SamlServiceProviderRow.signing_kid_since,
        _ALGORITHM.label("algorithm"),
        _FOLLOWS.label("follows"),
    )
    .join(SamlServiceProviderRow, SamlServiceProviderRow.relying_party_id == RelyingParty.id)
    .order_by(RelyingParty.name)
)
_IN_USE = select(SamlServiceProviderRow.signing_kid, _ALGORITHM.label("algorithm")).distinct()


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredKey:
    """A key in the database, without its private part."""

    kid: str
    state: KeyState
    certificate: str
    moved_at: datetime


StoredKeys = Mapping[tuple[Algorithm, KeyState], StoredKey]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """The key that an application is answered with. An application that is not pinned yet has the current key."""

    relying_party_id: str
    name: str
    identifier: str
    algorithm: Algorithm
    kid: str
    state: KeyState
    is_pinned: bool
    since: datetime
    follows: bool
    amended_at: datetime
    is_suspended: bool


class RemainingStep(StrEnum):
    """What remains to be done for an application."""

    NOTHING = "nothing"
    AUTOMATIC = "automatic"  # it reads our metadata; the jobs will move it
    CUT_OVER = "cut-over"  # its administrators install the new certificate, then an operator cuts it over


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyPins:
    """The pin of each application, in the order of names, and the keys.

    `under_way`: the algorithms for which a key change has begun.
    """

    pins: Sequence[Pin]
    keys: StoredKeys
    under_way: frozenset[Algorithm]
    metadata_lifetime: timedelta

    def remaining_step(self, pin: Pin) -> RemainingStep:
        if pin.follows:
            return RemainingStep.NOTHING if pin.state is KeyState.NEXT else RemainingStep.AUTOMATIC
        if pin.state is KeyState.PREVIOUS:
            return RemainingStep.CUT_OVER
        return (
            RemainingStep.CUT_OVER
            if pin.state is KeyState.CURRENT and pin.algorithm in self.under_way
            else RemainingStep.NOTHING
        )

    def in_every_copy_from(self, pin: Pin, state: KeyState) -> datetime:
        """When every still-valid copy of our metadata contains the key in this state.

        An EC key may be published only since the application was last amended to use it.
        """
        published_at = made_at(self.keys[pin.algorithm, state].certificate)
        if pin.algorithm is Algorithm.ES256:
            published_at = max(published_at, pin.amended_at)
        return published_at + self.metadata_lifetime + METADATA_GENERATED_EVERY

    def newest_state_for(self, pin: Pin, now: datetime) -> KeyState | None:
        """The state of the newest key that an application which reads our metadata can be moved to now, if any."""
        for state in (KeyState.NEXT, KeyState.CURRENT):
            if pin.follows and AGE[state] > AGE[pin.state] and self.in_every_copy_from(pin, state) <= now:
                return state
        return None

    def pinned_to(self, kids: Collection[str]) -> list[Pin]:
        """The applications that are pinned to these keys."""
        return [pin for pin in self.pins if pin.kid in kids]


def read_key_pins(
    connection: Connection | Session, *, metadata_lifetime: timedelta, followers_only: bool = False
) -> KeyPins:
    """Read the pins: in a transaction to change them, or by a connection to show them."""
    keys = {
        (Algorithm(row.algorithm), KeyState(row.state)): StoredKey(
            kid=row.kid, state=KeyState(row.state), certificate=row.certificate or "", moved_at=row.moved_at
        )
        for row in connection.execute(_KEYS)
    }
    query = _PINS.where(_FOLLOWS) if followers_only else _PINS
    pins = [_pin(row, keys) for row in connection.execute(query)]
    under_way = frozenset(pin.algorithm for pin in pins if pin.state is KeyState.NEXT and not pin.follows)
    return KeyPins(pins=pins, keys=keys, under_way=under_way, metadata_lifetime=metadata_lifetime)


class KeysInUseCache:
    """The keys that applications are pinned to, read again when a registration changes."""

    def __init__(self, database: Database, revisions: Revisions) -> None:
        self._database = database
        self._in_use: VersionedCache[str, KeysInUse] = VersionedCache(revisions, REVISION, self._load, size=1)

    def get(self) -> KeysInUse:
        return self._in_use.get(REVISION) or KeysInUse()

    def _load(self, _: str) -> KeysInUse:
        with self._database.reading() as connection:
            rows = connection.execute(_IN_USE).all()
        return KeysInUse(
            kids=frozenset(row.signing_kid for row in rows if row.signing_kid),
            with_ec=any(_algorithm(row.algorithm) is Algorithm.ES256 for row in rows),
        )


def _pin(row: Any, keys: StoredKeys) -> Pin:
    algorithm = _algorithm(row.algorithm)
    current = keys[algorithm, KeyState.CURRENT]
    pinned = [key for (each, _), key in keys.items() if each is algorithm and key.kid == row.signing_kid]
    key = pinned[0] if pinned else current
    return Pin(
        relying_party_id=row.id,
        name=row.name,
        identifier=row.identifier,
        algorithm=algorithm,
        kid=key.kid,
        state=key.state,
        is_pinned=bool(pinned),
        since=(row.signing_kid_since if pinned else None) or max(row.registered_at, key.moved_at),
        follows=bool(row.follows),
        amended_at=row.amended_at,
        is_suspended=row.suspended_at is not None,
    )


def _algorithm(signature_algorithm: str | None) -> Algorithm:
    """The algorithm of the key that signs by "rsa-sha256", "ecdsa-sha256"..."""
    return Algorithm.ES256 if (signature_algorithm or "").startswith("ecdsa") else Algorithm.RS256
