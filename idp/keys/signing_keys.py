"""Signing keys: next, current and previous, for each algorithm we sign with, and their certificates.

All are published before they sign and as long as they verify. In OpenID Connect
the current one signs; a SAML application is answered with the key that it is
pinned to (`key_rotation.py`, where the keys also move). Private keys are kept
encrypted (config/encryption.py); workers see a rotation by its revision.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from joserfc.jwk import ECKey, KeyParameters, KeySet, RSAKey
from sqlalchemy import Text, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from config.actor import Actor
from config.audit.trail import Audit, AuditEntry
from config.encryption import KeyEncryption
from config.sql.database import Database
from config.sql.versioned_cache import Revisions, VersionedCache, bump
from idp.audit_kinds import IdpAuditKind
from idp.database import Base
from idp.keys.certificates import KeyType, SigningIdentity, days_left, ends_at, self_signed

REVISION = "keys"

SignatureKey = RSAKey | ECKey


class Algorithm(StrEnum):
    """What we sign with (RFC 7518 section 3.1); the explicit list, and no other is ever accepted."""

    RS256 = "RS256"
    ES256 = "ES256"

    @property
    def key_type(self) -> KeyType:
        return "rsa" if self is Algorithm.RS256 else "ec"


class KeyState(StrEnum):
    """A key's place in its life, in the order it goes through."""

    NEXT = "next"
    CURRENT = "current"
    PREVIOUS = "previous"


class SigningKey(Base):
    """A private key, encrypted, its certificate and its place."""

    __tablename__ = "signing_key"
    __table_args__ = (UniqueConstraint("algorithm", "state"),)

    kid: Mapped[str] = mapped_column(Text, primary_key=True)
    algorithm: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    private_key: Mapped[str] = mapped_column(Text, info={"sealed_for": "signing-key:{kid}"})
    certificate: Mapped[str | None] = mapped_column(Text)  # DER in base64; none until `ensure` in an older row
    made_at: Mapped[datetime]
    moved_at: Mapped[datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class CertifiedKey:
    """A key as SAML has it, and its place."""

    state: KeyState
    identity: SigningIdentity


@dataclass(frozen=True, slots=True, kw_only=True)
class KeysInUse:
    """What SAML applications are pinned to, and whether one is answered by ECDSA."""

    kids: frozenset[str] = frozenset()
    with_ec: bool = False


@dataclass(frozen=True, slots=True)
class KeyRing:
    """The keys as they stand: what signs, and what verifies."""

    signing: Mapping[Algorithm, SignatureKey]
    published: KeySet
    certified: tuple[CertifiedKey, ...] = ()

    def saml_identity(self, kid: str | None, algorithm: str) -> SigningIdentity:
        """What signs by `algorithm` ("rsa-sha256", "ecdsa-sha256"...) for an application pinned to `kid`.

        The current key when it is pinned to none, to one that is gone (it was
        moved to the current one then), or to one of the other type (its
        algorithm was changed since).
        """
        key_type: KeyType = "ec" if algorithm.startswith("ecdsa") else "rsa"
        of_type = [key for key in self.certified if key.identity.key_type == key_type]
        for key in of_type:
            if key.identity.kid == kid:
                return key.identity
        return next(key.identity for key in of_type if key.state is KeyState.CURRENT)

    def published_for_saml(self, in_use: KeysInUse) -> tuple[CertifiedKey, ...]:
        """Current, then next, then what is previous and still answers for an application; RSA before EC.

        An EC certificate is there once an application has asked for ECDSA: some
        service providers refuse a whole document for it.
        """
        order = (KeyState.CURRENT, KeyState.NEXT, KeyState.PREVIOUS)
        return tuple(
            key
            for key_type in (("rsa", "ec") if in_use.with_ec else ("rsa",))
            for state in order
            for key in self.certified
            if (key.identity.key_type, key.state) == (key_type, state)
            and (state is not KeyState.PREVIOUS or key.identity.kid in in_use.kids)
        )

    @property
    def decryption_keys(self) -> tuple[SigningIdentity, ...]:
        """Every RSA key: a service provider may have encrypted to any that it has seen in our metadata."""
        return tuple(key.identity for key in self.certified if key.identity.key_type == "rsa")

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
    certificate: str

    @property
    def ends_at(self) -> datetime:
        """When its certificate does."""
        return ends_at(self.certificate)

    def days_left(self, now: datetime) -> int:
        return days_left(self.certificate, now)


class SigningKeys:
    """The signing keys in the database."""

    def __init__(
        self, database: Database, revisions: Revisions, encryption: KeyEncryption, audit: Audit, *, host: str
    ) -> None:
        """`host` is ours, as certificates name it."""
        self._database = database
        self._host = host
        self._encryption = encryption
        self._audit = audit
        self._rings: VersionedCache[str, KeyRing] = VersionedCache(revisions, REVISION, self._load, size=1)

    def ring(self) -> KeyRing:
        """The keys as they stand, at most a second old."""
        ring = self._rings.get(REVISION)
        if ring is None:
            self.ensure()
            ring = self._load(REVISION)
        assert ring is not None  # noqa: S101 - `ensure` has made them
        return ring

    def ensure(self) -> None:
        """Make what is missing of next, current and certificates, once, however many start together."""
        with self._database.transaction() as session:
            if not _missing(session) and not _without_certificate(session):
                return
            bump(session, REVISION)  # which locks: whoever comes second waits here, and then finds the keys
            for row in _without_certificate(session):
                key = _import(Algorithm(row.algorithm), self._unseal(row.kid, row.private_key), row.kid)
                row.certificate = self._certificate_of(key, datetime.now(UTC))
            missing = _missing(session)
            for algorithm, state in missing:
                session.add(self.new_key(algorithm, state))
            if missing:
                self._audit.record(
                    session,
                    AuditEntry(
                        kind=IdpAuditKind.KEYS_MADE, actor=Actor.service("first start"), detail={"made": len(missing)}
                    ),
                )

    def descriptions(self) -> list[KeyDescription]:
        """Every key and its place."""
        self.ensure()
        with self._database.transaction() as session:
            return [
                KeyDescription(
                    kid=key.kid,
                    algorithm=Algorithm(key.algorithm),
                    state=KeyState(key.state),
                    made_at=key.made_at,
                    moved_at=key.moved_at,
                    certificate=key.certificate or "",
                )
                for key in session.scalars(select(SigningKey).order_by(SigningKey.algorithm, SigningKey.made_at))
            ]

    def new_key(self, algorithm: Algorithm, state: KeyState) -> SigningKey:
        """A new key in that place, for the caller's transaction to add."""
        key = _generate(algorithm)
        kid = key.thumbprint()  # RFC 7638
        now = datetime.now(UTC)
        return SigningKey(
            kid=kid,
            algorithm=algorithm,
            state=state,
            private_key=self._encryption.seal(key.as_pem(private=True), bound_to=f"signing-key:{kid}"),
            certificate=self._certificate_of(key, now),
            made_at=now,
            moved_at=now,
        )

    def _certificate_of(self, key: SignatureKey, now: datetime) -> str:
        private = key.private_key
        assert private is not None  # noqa: S101 - no public key ever comes here
        return self_signed(private, host=self._host, now=now)

    def _unseal(self, kid: str, sealed: str) -> bytes:
        return self._encryption.open(sealed, bound_to=f"signing-key:{kid}")

    def _load(self, _: str) -> KeyRing | None:
        with self._database.reading() as connection:
            rows = connection.execute(
                select(
                    SigningKey.kid,
                    SigningKey.algorithm,
                    SigningKey.state,
                    SigningKey.private_key,
                    SigningKey.certificate,
                ).order_by(SigningKey.made_at, SigningKey.kid)
            ).all()
        signing: dict[Algorithm, SignatureKey] = {}
        published: list[SignatureKey] = []
        certified: list[CertifiedKey] = []
        for kid, name, state, sealed, certificate in rows:
            if certificate is None:
                return None
            algorithm, pem = Algorithm(name), self._unseal(kid, sealed)
            key = _import(algorithm, pem, kid)
            published.append(key)
            identity = SigningIdentity(kid=kid, private_key=pem, certificate=certificate, key_type=algorithm.key_type)
            certified.append(CertifiedKey(state=KeyState(state), identity=identity))
            if state == KeyState.CURRENT:
                signing[algorithm] = key
        if len(signing) < len(Algorithm):
            return None
        return KeyRing(signing=signing, published=KeySet(list(published)), certified=tuple(certified))


def _missing(session: Session) -> list[tuple[Algorithm, KeyState]]:
    found = {(key.algorithm, key.state) for key in session.scalars(select(SigningKey))}
    return [
        (algorithm, state)
        for algorithm in Algorithm
        for state in (KeyState.CURRENT, KeyState.NEXT)
        if (algorithm, state) not in found
    ]


def _without_certificate(session: Session) -> list[SigningKey]:
    """Keys of before certificates were made, or of a node that does not make them yet."""
    return list(session.scalars(select(SigningKey).where(SigningKey.certificate.is_(None))))


def _parameters(algorithm: Algorithm, kid: str | None = None) -> KeyParameters:
    parameters: KeyParameters = {"use": "sig", "alg": str(algorithm)}
    if kid is not None:
        parameters["kid"] = kid
    return parameters


def _generate(algorithm: Algorithm) -> SignatureKey:
    if algorithm is Algorithm.RS256:
        return RSAKey.generate_key(2048, _parameters(algorithm), private=True)
    return ECKey.generate_key("P-256", _parameters(algorithm), private=True)


def _import(algorithm: Algorithm, pem: bytes, kid: str) -> SignatureKey:
    if algorithm is Algorithm.RS256:
        return RSAKey.import_key(pem, _parameters(algorithm, kid))
    return ECKey.import_key(pem, _parameters(algorithm, kid))
