"""Signing keys: next, current and previous, for each algorithm we sign with.

All are published; only the current one signs. `rotate` moves each a place on,
so that an application has always seen a key before it signs. Private keys are
kept encrypted (config/encryption.py); workers see a rotation by its revision.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from joserfc.jwk import ECKey, KeyParameters, KeySet, RSAKey
from sqlalchemy import Text, UniqueConstraint, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from config.audit import Audit, AuditKind, Entry
from config.database import Base, Database
from config.encryption import KeyEncryption
from config.revisions import Remembered, Revisions, advance

REVISION = "keys"
SHORTEST_STAY = timedelta(hours=24)

SignatureKey = RSAKey | ECKey


class Algorithm(StrEnum):
    """What we sign with (RFC 7518 section 3.1); the explicit list, and no other is ever accepted."""

    RS256 = "RS256"
    ES256 = "ES256"


class KeyState(StrEnum):
    """A key's place in its life, in the order it goes through."""

    NEXT = "next"
    CURRENT = "current"
    PREVIOUS = "previous"


class SigningKey(Base):
    """A private key, encrypted, and its place."""

    __tablename__ = "signing_key"
    __table_args__ = (UniqueConstraint("algorithm", "state"),)

    kid: Mapped[str] = mapped_column(Text, primary_key=True)
    algorithm: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    private_key: Mapped[str] = mapped_column(Text, info={"sealed_for": "signing-key:{kid}"})
    made_at: Mapped[datetime]
    moved_at: Mapped[datetime]


@dataclass(frozen=True, slots=True)
class KeyRing:
    """The keys as they stand: what signs, and what verifies."""

    signing: Mapping[Algorithm, SignatureKey]
    published: KeySet

    def jwks(self) -> dict[str, list[Any]]:
        """The public keys as a JWK Set, RFC 7517 section 5."""
        return {"keys": [key.as_dict(private=False) for key in self.published.keys]}


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyDescription:
    """One key, for an operator's eyes."""

    kid: str
    algorithm: Algorithm
    state: KeyState
    made_at: datetime
    moved_at: datetime


class RotatedTooSoon(Exception):
    """Rotating now would take away keys that applications may still need."""

    def __init__(self, possible_at: datetime) -> None:
        super().__init__(
            f"the keys moved less than {SHORTEST_STAY} ago; possible again at {possible_at:%Y-%m-%d %H:%M} UTC"
        )
        self.possible_at = possible_at


class Keys:
    """The signing keys in the database."""

    def __init__(self, database: Database, revisions: Revisions, encryption: KeyEncryption, audit: Audit) -> None:
        self._database = database
        self._encryption = encryption
        self._audit = audit
        self._rings: Remembered[str, KeyRing] = Remembered(revisions, REVISION, self._load, size=1)

    def ring(self) -> KeyRing:
        """The keys as they stand, at most a second old."""
        ring = self._rings.get(REVISION)
        if ring is None:
            self.ensure()
            ring = self._load(REVISION)
        assert ring is not None  # noqa: S101 - `ensure` has made them
        return ring

    def ensure(self) -> None:
        """Make what is missing of next and current, once, however many start together."""
        with self._database.transaction() as session:
            if not _missing(session):
                return
            advance(session, REVISION)  # which locks: whoever comes second waits here, and then finds the keys
            missing = _missing(session)
            for algorithm, state in missing:
                session.add(self._made(algorithm, state))
            if missing:
                self._audit.record(
                    session, Entry(kind=AuditKind.KEYS_MADE, actor="first start", detail={"made": len(missing)})
                )

    def rotate(self, *, actor: str, now: datetime, even_if_recent: bool = False) -> list[KeyDescription]:
        """Next signs from now on, current is kept for verifying, previous is gone, a new next is published.

        Raises:
            RotatedTooSoon: within a day of the last rotation, unless `even_if_recent`.
        """
        self.ensure()
        with self._database.transaction() as session:
            advance(session, REVISION)  # first, since it locks: two rotations follow each other
            keys = {(Algorithm(key.algorithm), KeyState(key.state)): key for key in session.scalars(select(SigningKey))}
            moved_at = max(key.moved_at for key in keys.values())
            is_first = not any(state is KeyState.PREVIOUS for _, state in keys)
            if not is_first and now - moved_at < SHORTEST_STAY and not even_if_recent:
                raise RotatedTooSoon(moved_at + SHORTEST_STAY)
            for algorithm in Algorithm:
                self._rotate_one(session, algorithm, keys, now)
            self._audit.record(
                session,
                Entry(
                    kind=AuditKind.KEYS_ROTATED,
                    actor=actor,
                    detail={"signing": [keys[algorithm, KeyState.NEXT].kid for algorithm in Algorithm]},
                ),
            )
        return self.descriptions()

    def _rotate_one(
        self,
        session: Session,
        algorithm: Algorithm,
        keys: Mapping[tuple[Algorithm, KeyState], SigningKey],
        now: datetime,
    ) -> None:
        """The places are unique: each is freed, and flushed, before the next key moves into it."""
        session.execute(
            delete(SigningKey).where(SigningKey.algorithm == algorithm, SigningKey.state == KeyState.PREVIOUS)
        )
        for state, onward in ((KeyState.CURRENT, KeyState.PREVIOUS), (KeyState.NEXT, KeyState.CURRENT)):
            key = keys[algorithm, state]
            key.state, key.moved_at = onward, now
            session.flush()
        session.add(self._made(algorithm, KeyState.NEXT))

    def descriptions(self) -> list[KeyDescription]:
        """Every key and its place."""
        with self._database.transaction() as session:
            return [
                KeyDescription(
                    kid=key.kid,
                    algorithm=Algorithm(key.algorithm),
                    state=KeyState(key.state),
                    made_at=key.made_at,
                    moved_at=key.moved_at,
                )
                for key in session.scalars(select(SigningKey).order_by(SigningKey.algorithm, SigningKey.made_at))
            ]

    def _made(self, algorithm: Algorithm, state: KeyState) -> SigningKey:
        key = _generated(algorithm)
        kid = key.thumbprint()  # RFC 7638
        now = datetime.now(UTC)
        return SigningKey(
            kid=kid,
            algorithm=algorithm,
            state=state,
            private_key=self._encryption.seal(key.as_pem(private=True), bound_to=f"signing-key:{kid}"),
            made_at=now,
            moved_at=now,
        )

    def _load(self, _: str) -> KeyRing | None:
        with self._database.reading() as connection:
            rows = connection.execute(
                select(SigningKey.kid, SigningKey.algorithm, SigningKey.state, SigningKey.private_key).order_by(
                    SigningKey.made_at, SigningKey.kid
                )
            ).all()
        signing: dict[Algorithm, SignatureKey] = {}
        published: list[SignatureKey] = []
        for kid, algorithm, state, sealed in rows:
            pem = self._encryption.open(sealed, bound_to=f"signing-key:{kid}")
            key = _imported(Algorithm(algorithm), pem, kid)
            published.append(key)
            if state == KeyState.CURRENT:
                signing[Algorithm(algorithm)] = key
        if len(signing) < len(Algorithm):
            return None
        return KeyRing(signing=signing, published=KeySet(list(published)))


def _missing(session: Session) -> list[tuple[Algorithm, KeyState]]:
    found = {(key.algorithm, key.state) for key in session.scalars(select(SigningKey))}
    return [
        (algorithm, state)
        for algorithm in Algorithm
        for state in (KeyState.CURRENT, KeyState.NEXT)
        if (algorithm, state) not in found
    ]


def _parameters(algorithm: Algorithm, kid: str | None = None) -> KeyParameters:
    parameters: KeyParameters = {"use": "sig", "alg": str(algorithm)}
    if kid is not None:
        parameters["kid"] = kid
    return parameters


def _generated(algorithm: Algorithm) -> SignatureKey:
    if algorithm is Algorithm.RS256:
        return RSAKey.generate_key(2048, _parameters(algorithm), private=True)
    return ECKey.generate_key("P-256", _parameters(algorithm), private=True)


def _imported(algorithm: Algorithm, pem: bytes, kid: str) -> SignatureKey:
    if algorithm is Algorithm.RS256:
        return RSAKey.import_key(pem, _parameters(algorithm, kid))
    return ECKey.import_key(pem, _parameters(algorithm, kid))
