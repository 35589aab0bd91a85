"""The signing keys in the database: next, current and previous, for each algorithm, with their certificates.

Private keys are stored encrypted (config/encryption.py). Every worker sees a change of the keys within a second, by the
revision `keys` (config/sql/versioned_cache.py). Keys change state in `key_rotation.py`.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

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
from idp.keys.certificates import SigningIdentity, days_left, ends_at, self_signed
from idp.keys.key_ring import Algorithm, CertifiedKey, KeyRing, KeyState, SignatureKey

REVISION = "keys"


class SigningKey(Base):
    """A private key (encrypted), its certificate and its state."""

    __tablename__ = "signing_key"
    __table_args__ = (UniqueConstraint("algorithm", "state"),)

    kid: Mapped[str] = mapped_column(Text, primary_key=True)
    algorithm: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    private_key: Mapped[str] = mapped_column(Text, info={"sealed_for": "signing-key:{kid}"})
    certificate: Mapped[str | None] = mapped_column(Text)  # DER in base64; NULL in older rows until `ensure`
    made_at: Mapped[datetime]
    moved_at: Mapped[datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyDescription:
    """One key as operators see it; the private key is not included."""

    kid: str
    algorithm: Algorithm
    state: KeyState
    made_at: datetime
    moved_at: datetime
    certificate: str

    @property
    def ends_at(self) -> datetime:
        """When the certificate of the key ends."""
        return ends_at(self.certificate)

    def days_left(self, now: datetime) -> int:
        return days_left(self.certificate, now)


class SigningKeys:
    """Reads the signing keys, and creates those that are missing."""

    def __init__(
        self, database: Database, revisions: Revisions, encryption: KeyEncryption, audit: Audit, *, host: str
    ) -> None:
        """`host` is the host name of the issuer; certificates name it."""
        self._database = database
        self._host = host
        self._encryption = encryption
        self._audit = audit
        self._rings: VersionedCache[str, KeyRing] = VersionedCache(revisions, REVISION, self._load, size=1)

    def ring(self) -> KeyRing:
        """The keys, at most one second old."""
        ring = self._rings.get(REVISION)
        if ring is None:
            self.ensure()
            ring = self._load(REVISION)
        assert ring is not None  # noqa: S101 - `ensure` has made them
        return ring

    def ensure(self) -> None:
        """Create the current and next keys and the certificates that are missing.

        Processes that start together create them once: `bump` locks the revision.
        """
        with self._database.transaction() as session:
            if not _missing(session) and not _without_certificate(session):
                return
            bump(session, REVISION)  # locks; a second process waits here and then finds the keys
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
        """Every key and its state."""
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
        """A new key in this state. The caller adds it to a transaction."""
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
        assert private is not None  # noqa: S101 - private keys only
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
    """Keys made by an older version, which made no certificates."""
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
