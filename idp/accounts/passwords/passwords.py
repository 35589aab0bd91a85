"""Passwords are verified and replaced here, and only here is a hash read.

A verification always costs one Argon2 operation: for an unknown username, or an account without a password, the
password is compared with a decoy (`decoys.py`); for a disabled account, with its own hash, to no effect. So neither
the result nor the time reveals whether an account exists.

Replacing a password takes two steps, because hashing is slow and a transaction must be short: `prepare` applies the
policy and hashes, `keep` writes, unless the account has changed meanwhile.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.orm import Session

from config.audit.trail import Audit, AuditEntry
from config.encryption import KeyEncryption
from config.mail import Letters
from config.sql.database import Database
from config.sql.versioned_cache import bump
from idp.accounts.accounts import REVISION, now
from idp.accounts.emails import password_changed
from idp.accounts.models import Account, PasswordCredential, PastPassword
from idp.accounts.operator_tools import OperatorTools
from idp.accounts.passwords.decoys import Decoys
from idp.accounts.passwords.hashing import Argon2Parameters, PasswordHashing
from idp.accounts.passwords.policies import PasswordOwner, PasswordPolicy, PolicyFault, normalised
from idp.accounts.snapshot import AccountSnapshot
from idp.accounts.usernames import as_typed, is_username
from idp.audit_kinds import IdpAuditKind
from idp.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """The password is this account's.

    `at` is when the hash was read. `valid_from` is the account's at that time: a change of password that is committed
    later may be dated before `at`, and the session is compared by `valid_from`.
    """

    account_id: str
    at: datetime
    valid_from: datetime


@dataclass(frozen=True, slots=True)
class NotVerified:
    """The password is not verified, without a reason. `account_id`, if there is one, is only for the audit trail."""

    account_id: str | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class PolicyFaults:
    """The policy refuses the new password, for these reasons."""

    faults: tuple[PolicyFault, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """The account has a new password; sessions, tokens and links from before are void."""

    account_id: str
    login: str
    valid_from: datetime


@dataclass(frozen=True, slots=True)
class ConcurrentChange:
    """The account was changed at the same time; nothing was written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPassword:
    """An account with its hash, at one instant."""

    account_id: str
    owner: PasswordOwner
    disabled: bool
    valid_from: datetime
    hash: str | None = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class HashedPassword:
    """A new password that the policy accepts, hashed, to replace `stored`."""

    stored: StoredPassword
    hash: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstPassword:
    """A password that the policy accepts, hashed, for an account that does not exist yet."""

    hash: str = field(repr=False)
    must_change: bool


class Passwords:
    """The passwords of this installation."""

    def __init__(
        self,
        database: Database,
        settings: Settings,
        audit: Audit,
        letters: Letters,
        encryption: KeyEncryption,
        operator_tools: OperatorTools,
    ) -> None:
        self.policy = PasswordPolicy.of(settings)
        self._database = database
        self._settings = settings
        self._audit = audit
        self._letters = letters
        self._operator_tools = operator_tools
        self._hashing = PasswordHashing(settings)
        self._decoys = Decoys(database, encryption, Argon2Parameters.of(settings))

    def verify(self, login: str, password: str) -> Verified | NotVerified:
        """Verify the password of the account `login`, which must not be disabled."""
        prepared = normalised(password)
        if prepared is None:
            return NotVerified()
        at = now()
        typed = as_typed(login)
        stored = self._find(Account.login == typed) if is_username(typed) else None
        decoy = self._decoys.hash_for(typed)  # in any case: the time must reveal nothing
        known_hash = stored.hash if stored is not None else None
        matches = self._hashing.matches(known_hash or decoy, prepared)
        if stored is None or stored.disabled or known_hash is None or not matches:
            return NotVerified(stored.account_id if stored else None)
        if self._hashing.is_outdated(known_hash):
            self._hash_again(stored, prepared)
        return Verified(account_id=stored.account_id, at=at, valid_from=stored.valid_from)

    def is_busy(self) -> bool:
        """Whether another verification would have to wait."""
        return self._hashing.is_busy()

    def change(self, login: str, current: str, new: str, entry: AuditEntry) -> Changed | NotVerified | PolicyFaults:
        """Replace a password by the current one. `entry` is the audit line."""
        verified = self.verify(login, current)
        if isinstance(verified, NotVerified):
            return verified
        return self.renew(verified.account_id, new, entry, verified_since=verified.valid_from)

    def renew(
        self, account_id: str, new: str, entry: AuditEntry, *, verified_since: datetime
    ) -> Changed | NotVerified | PolicyFaults:
        """Replace a password whose current one was verified before.

        `verified_since` is the account's `valid_from` at that time.
        """
        prepared = self.prepare(account_id, new)
        if isinstance(prepared, PolicyFaults):
            return prepared
        if isinstance(prepared, ConcurrentChange) or prepared.stored.valid_from != verified_since:
            return NotVerified()  # the password was changed since
        with self._database.transaction() as session:
            changed = self.keep(session, prepared, entry)
        return NotVerified() if isinstance(changed, ConcurrentChange) else changed

    def prepare(self, account_id: str, new: str) -> HashedPassword | PolicyFaults | ConcurrentChange:
        """Apply the policy to a new password for this account, and hash it. Nothing is written."""
        stored = self._find(Account.id == account_id)
        if stored is None:
            return ConcurrentChange()
        if faults := self.policy.faults(new, stored.owner):
            return PolicyFaults(faults)
        password = normalised(new)
        assert password is not None  # noqa: S101 - the policy refuses a longer password
        if any(self._hashing.matches(previous, password) for previous in self._previous(stored)):
            return PolicyFaults((PolicyFault.REUSED,))
        return HashedPassword(stored=stored, hash=self._hashing.hash(password))

    def keep(
        self, session: Session, prepared: HashedPassword, entry: AuditEntry, *, must_change: bool = False
    ) -> Changed | ConcurrentChange:
        """Write a prepared password in the caller's transaction, and void what the account had obtained before.

        A person whose password is replaced receives a letter. `entry` is the audit line; the account is added to it.
        """
        stored = prepared.stored
        account = session.get_one(Account, stored.account_id, with_for_update=True)
        credential = session.get(PasswordCredential, stored.account_id)
        if account.valid_from != stored.valid_from or (credential.hash if credential else None) != stored.hash:
            return ConcurrentChange()
        at = now()
        if credential is None:
            credential = PasswordCredential(account_id=account.id)
            session.add(credential)
        else:
            self._remember(session, credential, at)
        credential.hash, credential.set_at, credential.must_change = prepared.hash, at, must_change
        account.valid_from = at
        # A second before: a login in which the password had to be changed goes on, and may be of the same second.
        self._operator_tools.end_sessions(session, account.id, at=at - timedelta(seconds=1))
        if entry.kind is IdpAuditKind.PASSWORD_LINK_USED and account.email_verified_at is None:
            account.email_verified_at = at  # the person has received an e-mail at this address
        self._audit.record(session, replace(entry, account=account.id, login=account.login))
        if stored.hash is not None:
            self._letters.post(session, password_changed(account, self._settings))
        bump(session, REVISION, account.id)
        return Changed(account_id=account.id, login=account.login, valid_from=at)

    def hash_first(self, password: str, owner: PasswordOwner, *, must_change: bool) -> FirstPassword | PolicyFaults:
        """Apply the policy to the first password of an account to create, and hash it."""
        if faults := self.policy.faults(password, owner):
            return PolicyFaults(faults)
        prepared = normalised(password)
        assert prepared is not None  # noqa: S101 - the policy refuses a longer password
        return FirstPassword(hash=self._hashing.hash(prepared), must_change=must_change)

    def keep_first(self, session: Session, account: Account, first: FirstPassword) -> None:
        """Write the password of an account that the caller's transaction creates."""
        session.add(
            PasswordCredential(
                account_id=account.id, hash=first.hash, set_at=account.valid_from, must_change=first.must_change
            )
        )

    def expires_at(self, snapshot: AccountSnapshot) -> datetime | None:
        """When the password expires; None when it does not."""
        if self.policy.lifetime is None or snapshot.password_set_at is None:
            return None
        return snapshot.password_set_at + self.policy.lifetime

    def is_expired(self, snapshot: AccountSnapshot, now: datetime) -> bool:
        expires_at = self.expires_at(snapshot)
        return expires_at is not None and expires_at <= now

    def must_be_changed(self, snapshot: AccountSnapshot, now: datetime) -> bool:
        """Whether the person must change the password before anything else: it is temporary, or has expired."""
        return snapshot.must_change or self.is_expired(snapshot, now)

    def _find(self, condition: ColumnElement[bool]) -> StoredPassword | None:
        with self._database.reading() as connection:
            row = connection.execute(_STORED.where(condition)).one_or_none()
        return None if row is None else _as_stored(row)

    def _hash_again(self, stored: StoredPassword, password: str) -> None:
        """Store the same password with the current parameters, unless it was replaced meanwhile."""
        same = PasswordCredential.account_id == stored.account_id, PasswordCredential.hash == stored.hash
        renewed = self._hashing.hash(password)
        with self._database.transaction() as session:
            session.execute(update(PasswordCredential).where(*same).values(hash=renewed))

    def _previous(self, stored: StoredPassword) -> list[str]:
        """The hashes that a new password must not match, a number that settings bound."""
        past = (
            select(PastPassword.hash)
            .where(PastPassword.account_id == stored.account_id)
            .order_by(PastPassword.id.desc())
            .limit(self.policy.remembered - 1)
        )
        with self._database.reading() as connection:
            return ([stored.hash] if stored.hash else []) + list(connection.scalars(past))

    def _remember(self, session: Session, credential: PasswordCredential, at: datetime) -> None:
        """Keep the replaced hash, and delete those that the policy no longer compares."""
        of_account = PastPassword.account_id == credential.account_id
        session.add(PastPassword(account_id=credential.account_id, hash=credential.hash, replaced_at=at))
        session.flush()
        kept = select(PastPassword.id).where(of_account).order_by(PastPassword.id.desc())
        recent = session.scalars(kept.limit(self.policy.remembered - 1)).all()
        session.execute(delete(PastPassword).where(of_account, PastPassword.id.not_in(recent)))


_STORED = select(*Account.__table__.columns, PasswordCredential.hash).outerjoin(
    PasswordCredential, PasswordCredential.account_id == Account.id
)


def _as_stored(row: Any) -> StoredPassword:
    return StoredPassword(
        account_id=row.id,
        owner=PasswordOwner(
            login=row.login,
            given_name=row.given_name,
            family_name=row.family_name,
            email=row.email,
            national_id=row.national_id,
        ),
        disabled=row.disabled_at is not None,
        valid_from=row.valid_from,
        hash=row.hash,
    )
