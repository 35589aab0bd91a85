"""How keys move, and the SAML applications with them: a rollover is months of small safe steps.

A service provider knows us by a certificate that its administrators put there
by hand. So each is pinned to a key: a rotation changes nothing for it, `cut_over`
moves it alone once it has the new certificate, and a key that still answers for
an application is not taken away. What changes is changed under the lock of the
keys' revision, so that two operators, or two workers, follow each other.
"""

import logging
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Event

from sqlalchemy import Connection, delete, update
from sqlalchemy.orm import Session

from config.actor import Actor
from config.audit.trail import Audit, AuditEntry
from config.sql.database import Database, DatabaseUnavailable
from config.sql.versioned_cache import bump
from idp.audit_kinds import IdpAuditKind
from idp.keys.signing_keys import REVISION, Algorithm, KeyDescription, KeyState, SigningKey, SigningKeys
from idp.keys.sp_key_pins import KeyPins, Pin, StoredKey, StoredKeys, read_key_pins
from relying_parties.problems import NoSuchApplication, shown
from relying_parties.registry.models import SamlServiceProviderRow
from relying_parties.registry.registry import REVISION as REGISTRY_REVISION

SHORTEST_ROTATION_INTERVAL = timedelta(hours=24)
CACHE_DELAY = timedelta(seconds=1.5)  # by every worker (config/sql/versioned_cache.py), and a little more
AUTOMATIC_UPDATE = Actor.service("our metadata")  # who moved an application that follows it, in the audit trail
CHECK_INTERVAL = timedelta(minutes=5)
EXPIRY_WARNING_DAYS = (90, 30, 7)  # days before a certificate ends
SHORT_KID_LENGTH = 8  # characters, enough to tell six keys apart

journal = logging.getLogger("poterne.keys")


class NotRotated(Exception):
    """The keys stay where they are; the sentence says why."""


class RotatedTooSoon(NotRotated):
    """Rotating now would take away keys that applications may still need."""

    def __init__(self, possible_at: datetime) -> None:
        super().__init__(
            f"the keys moved less than {SHORTEST_ROTATION_INTERVAL} ago; possible again at {possible_at:%Y-%m-%d %H:%M} UTC"
        )
        self.possible_at = possible_at


class KeyInUse(NotRotated):
    """The key that would go still answers for applications."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(f"the previous key would go, and still answers for {', '.join(names)}")
        self.names = tuple(names)


class CannotCutOver(Exception):
    """No key, or more than one, is meant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CutOver:
    """An application, answered by another key; `before` and `now` are the same when it was already."""

    name: str
    before: str
    now: str
    state: KeyState


class KeyRotation:
    """The signing keys on their way, and the SAML applications with them. `actor` is for the audit trail."""

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
        self._warned: dict[str, int] = {}

    def key_pins(self) -> KeyPins:
        """Which key each application is answered with."""
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
        """Next signs from now on, current is kept for verifying, previous is gone, a new next is published.

        SAML applications go on being answered with the keys that they were. When
        the current keys were `stolen` they go at once too, and the applications
        that they answered for are moved to the next ones.

        Raises:
            RotatedTooSoon: within a day of the last rotation, unless `even_if_recent`.
            KeyInUse: a key that would go answers for an application, unless `even_if_in_use`: then that one is moved.
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
        """What is pinned to nothing is pinned first, and every worker sees it before the keys move.

        Else a worker that read the application before, and the keys after, would
        answer it with a key that it has not been given.
        """
        with self._database.transaction() as session:
            self._lock(session)
            pinned = _pin_the_unpinned(session, self._key_pins(session).pins, now)
        if pinned:
            self._wait(CACHE_DELAY.total_seconds())

    def _rotate_one(
        self, session: Session, algorithm: Algorithm, keys: StoredKeys, removed_states: Sequence[KeyState], now: datetime
    ) -> None:
        """The places are unique: each is freed before the next key moves into it."""
        for state in removed_states:
            if (key := keys.get((algorithm, state))) is not None:
                session.execute(delete(SigningKey).where(SigningKey.kid == key.kid))
        for state, next_state in ((KeyState.CURRENT, KeyState.PREVIOUS), (KeyState.NEXT, KeyState.CURRENT)):
            if state not in removed_states:
                moved = update(SigningKey).where(SigningKey.kid == keys[algorithm, state].kid)
                session.execute(moved.values(state=next_state, moved_at=now))
        session.add(self._keys.new_key(algorithm, KeyState.NEXT))

    # --- one application after another -------------------------------------------------

    def cut_over(self, name: str, *, actor: Actor, now: datetime, to: str = "") -> CutOver:
        """From now on the application is answered with the next key, or with the one whose kid begins by `to`.

        Raises:
            NoSuchApplication
            CannotCutOver: no one key of its algorithm's type begins so.
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

    def follow(self, now: datetime) -> int:
        """Move each application that follows our metadata to the newest key that it must have seen; how many.

        Harmless anywhere and at any time: what is found is looked at again under
        the lock, and whoever comes second finds nothing.
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

    # --- certificates that end -----------------------------------------------------------

    def warn(self, now: datetime) -> None:
        """A journal line, once a process, when a certificate has 90 days left, then 30, then 7."""
        for key in self._keys.descriptions():
            passed = [days for days in EXPIRY_WARNING_DAYS if key.days_left(now) <= days]
            if passed and self._warned.get(key.kid) != passed[-1]:
                self._warned[key.kid] = passed[-1]
                journal.warning(
                    "a signing certificate ends: cut applications over, and rotate the keys",
                    extra={"kid": key.kid, "state": str(key.state), "days_left": key.days_left(now)},
                )

    def run_forever(self, stop: Event) -> None:
        """Both of these every few minutes, in the jobs' process of any node."""
        while not stop.is_set():
            with suppress(DatabaseUnavailable):  # which the journal says once, whoever notices
                self.follow(datetime.now(UTC))
                self.warn(datetime.now(UTC))
            stop.wait(CHECK_INTERVAL.total_seconds())

    # --- how -----------------------------------------------------------------------------

    def _lock(self, session: Session) -> None:
        """First of all: the revision's row, which whoever comes second waits for."""
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
