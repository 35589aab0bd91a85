"""Key rotation, and the move of SAML applications from one key to the next.

The administrators of a service provider configure our certificate by hand. Therefore each SAML application is pinned to
a key. A rotation changes nothing for it; `cut_over` moves one application once it has the new certificate; a key that
still signs for an application is not removed. Every change happens under the lock of the keys' revision, so that two
operators, or two workers, act one after the other.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, update
from sqlalchemy.orm import Session

from config.actor import Actor
from config.audit.trail import Audit, AuditEntry
from config.sql.database import Database
from config.sql.versioned_cache import bump
from idp.audit_kinds import IdpAuditKind
from idp.keys.key_ring import Algorithm, KeyState
from idp.keys.signing_keys import REVISION, KeyDescription, SigningKey, SigningKeys
from idp.keys.sp_key_pins import KeyPins, Pin, StoredKey, StoredKeys, read_key_pins
from relying_parties.problems import NoSuchApplication, shown
from relying_parties.registry.lookup import REVISION as REGISTRY_REVISION
from relying_parties.registry.models import SamlServiceProviderRow

SHORTEST_ROTATION_INTERVAL = timedelta(hours=24)
CACHE_DELAY = timedelta(seconds=1.5)  # after it every worker has read a change (config/sql/versioned_cache.py)
AUTOMATIC_UPDATE = Actor.service("automatic key update")  # the actor in the audit trail
SHORT_KID_LENGTH = 8  # characters of a kid that messages show; enough for six keys


class NotRotated(Exception):
    """The keys were not rotated. The text says why."""


class RotatedTooSoon(NotRotated):
    """A rotation now would remove keys that applications may still need."""

    def __init__(self, possible_at: datetime) -> None:
        super().__init__(
            f"the last rotation was less than {SHORTEST_ROTATION_INTERVAL.total_seconds() // 3600:.0f} hours ago; "
            f"the next is possible at {possible_at:%Y-%m-%d %H:%M} UTC"
        )
        self.possible_at = possible_at


class KeyInUse(NotRotated):
    """A rotation would remove a key that still signs for applications."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(f"the previous key still signs for {', '.join(names)}")
        self.names = tuple(names)


class CannotCutOver(Exception):
    """The kid matches no key of the application's type, or several."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CutOver:
    """The kids of the key before and after a move. They are equal if the application already had the key."""

    name: str
    before: str
    now: str
    state: KeyState


class KeyRotation:
    """Rotates the signing keys and moves SAML applications between them. `actor` goes into the audit trail."""

    def __init__(
        self,
        database: Database,
        keys: SigningKeys,
        audit: Audit,
        *,
        metadata_lifetime: timedelta,
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        self._database = database
        self._keys = keys
        self._audit = audit
        self._metadata_lifetime = metadata_lifetime
        self._wait = wait

    def key_pins(self) -> KeyPins:
        """The key that each SAML application is answered with."""
        self._keys.ensure()
        with self._database.reading() as connection:
            return read_key_pins(connection, metadata_lifetime=self._metadata_lifetime)

    # --- rotating ------------------------------------------------------------------

    def rotate(
        self,
        *,
        actor: Actor,
        now: datetime,
        even_if_recent: bool = False,
        even_if_in_use: bool = False,
        stolen: bool = False,
    ) -> list[KeyDescription]:
        """Make next keys current and current keys previous, remove the previous ones, publish new next keys.

        SAML applications keep their keys. If the current keys were `stolen`, they are
        removed too, and their applications are moved to the next keys.

        Raises:
            RotatedTooSoon: the last rotation was less than a day ago, without `even_if_recent`.
            KeyInUse: a key to remove signs for an application, without `even_if_in_use`, which moves the application.
        """
        self._keys.ensure()
        if not stolen:
            self._pin_before_rotating(now)
        with self._database.transaction() as session:
            self._lock(session)
            key_pins = self._key_pins(session)
            if not (even_if_recent or stolen):
                _refuse_too_soon(key_pins.keys, now)
            removed_states = [KeyState.PREVIOUS, KeyState.CURRENT] if stolen else [KeyState.PREVIOUS]
            removed_kids = [key.kid for (_, state), key in key_pins.keys.items() if state in removed_states]
            affected = key_pins.pinned_to(removed_kids)
            if affected and not (even_if_in_use or stolen):
                raise KeyInUse([pin.name for pin in affected])
            for pin in affected:
                self._move(session, pin, key_pins.keys[pin.algorithm, KeyState.NEXT], actor=actor, now=now)
            _pin_the_unpinned(session, [pin for pin in key_pins.pins if pin not in affected], now)
            for algorithm in Algorithm:
                self._rotate_one(session, algorithm, key_pins.keys, removed_states, now)
            signing = [key_pins.keys[algorithm, KeyState.NEXT].kid for algorithm in Algorithm]
            detail = {"signing": signing} | ({"withdrawn": removed_kids} if stolen else {})
            self._audit.record(session, AuditEntry(kind=IdpAuditKind.KEYS_ROTATED, actor=actor, detail=detail))
        return self._keys.descriptions()

    def _pin_before_rotating(self, now: datetime) -> None:
        """Pin every application that is not pinned, and wait until all workers have read the pins.

        Otherwise a worker that reads an application before the rotation and the keys
        after it would sign with a key that the application does not know.
        """
        with self._database.transaction() as session:
            self._lock(session)
            pinned = _pin_the_unpinned(session, self._key_pins(session).pins, now)
        if pinned:
            self._wait(CACHE_DELAY.total_seconds())

    def _rotate_one(
        self,
        session: Session,
        algorithm: Algorithm,
        keys: StoredKeys,
        removed_states: Sequence[KeyState],
        now: datetime,
    ) -> None:
        """The table allows one key for each algorithm and state, so a state is freed before a key moves into it."""
        for state in removed_states:
            if (key := keys.get((algorithm, state))) is not None:
                session.execute(delete(SigningKey).where(SigningKey.kid == key.kid))
        for state, next_state in ((KeyState.CURRENT, KeyState.PREVIOUS), (KeyState.NEXT, KeyState.CURRENT)):
            if state not in removed_states:
                moved = update(SigningKey).where(SigningKey.kid == keys[algorithm, state].kid)
                session.execute(moved.values(state=next_state, moved_at=now))
        session.add(self._keys.new_key(algorithm, KeyState.NEXT))

    # --- moving applications -----------------------------------------------------------

    def cut_over(self, name: str, *, actor: Actor, now: datetime, to: str = "") -> CutOver:
        """Move the application to the next key, or to the key whose kid starts with `to`.

        Raises:
            NoSuchApplication: no SAML application has this name or identifier.
            CannotCutOver: `to` does not match exactly one key of the type that the application uses.
        """
        self._keys.ensure()
        with self._database.transaction() as session:
            self._lock(session)
            key_pins = self._key_pins(session)
            pin = _find_pin(key_pins, name)
            key = _key_to_use(key_pins.keys, pin, to)
            if key.kid != pin.kid or not pin.is_pinned:
                self._move(session, pin, key, actor=actor, now=now)
            return CutOver(name=pin.name, before=pin.kid, now=key.kid, state=key.state)

    def update_followers(self, now: datetime) -> int:
        """Move each application that reads our metadata to the newest key that it must have seen; return their number.

        Several nodes may call this at once: applications are read again under the lock.
        """
        self._keys.ensure()
        with self._database.reading() as connection:
            key_pins = self._followers(connection)
        if not any(key_pins.newest_state_for(pin, now) for pin in key_pins.pins):
            return 0
        moved = 0
        with self._database.transaction() as session:
            self._lock(session)
            key_pins = self._followers(session)
            for pin in key_pins.pins:
                if (state := key_pins.newest_state_for(pin, now)) is not None:
                    self._move(session, pin, key_pins.keys[pin.algorithm, state], actor=AUTOMATIC_UPDATE, now=now)
                    moved += 1
        return moved

    def _lock(self, session: Session) -> None:
        """Lock the row of the keys' revision until the transaction ends. Call this first."""
        bump(session, REVISION)

    def _key_pins(self, session: Session) -> KeyPins:
        return read_key_pins(session, metadata_lifetime=self._metadata_lifetime)

    def _followers(self, connection: Connection | Session) -> KeyPins:
        return read_key_pins(connection, metadata_lifetime=self._metadata_lifetime, followers_only=True)

    def _move(self, session: Session, pin: Pin, key: StoredKey, *, actor: Actor, now: datetime) -> None:
        _write(session, pin, key.kid, now)
        bump(session, REGISTRY_REVISION, pin.identifier)
        detail = {"name": pin.name, "before": pin.kid, "now": key.kid}
        entry = AuditEntry(kind=IdpAuditKind.KEY_CUT_OVER, application=pin.identifier, actor=actor, detail=detail)
        self._audit.record(session, entry)


def _pin_the_unpinned(session: Session, pins: Sequence[Pin], now: datetime) -> int:
    unpinned = [pin for pin in pins if not pin.is_pinned]
    for pin in unpinned:
        _write(session, pin, pin.kid, now)
    if unpinned:
        bump(session, REGISTRY_REVISION, *(pin.identifier for pin in unpinned))
    return len(unpinned)


def _write(session: Session, pin: Pin, kid: str, now: datetime) -> None:
    session.execute(
        update(SamlServiceProviderRow)
        .where(SamlServiceProviderRow.relying_party_id == pin.relying_party_id)
        .values(signing_kid=kid, signing_kid_since=now)
    )


def _refuse_too_soon(keys: StoredKeys, now: datetime) -> None:
    moved_at = max(key.moved_at for key in keys.values())
    is_first = not any(state is KeyState.PREVIOUS for _, state in keys)
    if not is_first and now - moved_at < SHORTEST_ROTATION_INTERVAL:
        raise RotatedTooSoon(moved_at + SHORTEST_ROTATION_INTERVAL)


def _find_pin(key_pins: KeyPins, name: str) -> Pin:
    for pin in key_pins.pins:
        if name in (pin.name, pin.identifier):
            return pin
    raise NoSuchApplication(f"no SAML application has the name or identifier {shown(name)}")


def _key_to_use(keys: StoredKeys, pin: Pin, to: str) -> StoredKey:
    if not to:
        return keys[pin.algorithm, KeyState.NEXT]
    found = [key for (of, _), key in keys.items() if of is pin.algorithm and key.kid.startswith(to)]
    if len(found) != 1:
        one_of = ", ".join(key.kid[:SHORT_KID_LENGTH] for (of, _), key in keys.items() if of is pin.algorithm)
        raise CannotCutOver(f"{pin.name} can be answered with one of these keys: {one_of}")
    return found[0]
