"""Links by mail to choose a password, for those who have none yet or forgot it.

The answer does not tell whether an account exists: any request writes one outbox
row and shows the same page, and a background job looks for the account later. A
link is 256 random bits, kept as a fingerprint and bound to the account's
`valid_from`, so that disabling the account or changing its password voids it.
Opening a link does not use it up, since mail scanners open links; choosing a
password does.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from config.actor import Actor
from config.audit.trail import Audit, AuditEntry
from config.jobs import Jobs
from config.mail import Letter, Letters
from config.redis.rate_limits import RetryAfter, Throttle, Visit
from config.redis.store import Store, fingerprint
from config.sql.database import Database
from idp.accounts.accounts import Accounts
from idp.accounts.emails import password_link, welcome
from idp.accounts.passwords.passwords import Changed, ConcurrentChange, Passwords, PolicyFaults
from idp.accounts.snapshot import AccountSnapshot
from idp.accounts.usernames import as_typed
from idp.audit_kinds import IdpAuditKind
from idp.record_kinds import IdpRecord
from idp.settings import Settings

JOB = "password-link"
LONGEST_SOUGHT = 254  # an e-mail address at its longest

_WINDOW = timedelta(hours=1)
_ASKED_AT_ONCE = 60  # from one address; a hospital is one
_ASKED_EVERY = 2.0  # seconds
_LETTERS_PER_ACCOUNT = 5


@dataclass(frozen=True, slots=True)
class LinkSpent:
    """Used, run out, or void because the account changed meanwhile: the person asks for another."""


class PasswordLinks:
    """The links that have been mailed."""

    def __init__(
        self,
        *,
        database: Database,
        store: Store,
        settings: Settings,
        accounts: Accounts,
        passwords: Passwords,
        throttle: Throttle,
        jobs: Jobs,
        letters: Letters,
        audit: Audit,
    ) -> None:
        self._database = database
        self._store = store
        self._settings = settings
        self._accounts = accounts
        self._passwords = passwords
        self._throttle = throttle
        self._jobs = jobs
        self._letters = letters
        self._audit = audit
        jobs.register(JOB, self._answer)

    def send(self, sought: str, visit: Visit) -> RetryAfter | None:
        """E-mail a link to the accounts that `sought`, a username or an e-mail address, finds.

        Says how long to wait, half a minute at most, when this was asked often from
        there. How often it was asked for this name is not looked at here: letters are
        limited for each account, by the job, and a mailbox that was sent five in an hour
        holds a good link.
        """
        if wait := self._throttle.admit("password-link", visit, at_once=_ASKED_AT_ONCE, every=_ASKED_EVERY):
            return wait
        typed = as_typed(sought)[:LONGEST_SOUGHT]
        with self._database.transaction() as session:
            self._jobs.add(session, JOB, {"sought": typed, "address": visit.address})
        return None

    def mail(self, session: Session, snapshot: AccountSnapshot, *, actor: Actor) -> None:
        """Mail a link, in the caller's transaction: the first one of an account, or one to replace its password.

        If that transaction is rolled back, what the store keeps of the link opens nothing and expires.
        """
        entry = AuditEntry(
            kind=IdpAuditKind.PASSWORD_LINK_SENT, account=snapshot.account_id, login=snapshot.login, actor=actor
        )
        if snapshot.password_set_at is None:
            link = self._new_link(snapshot, self._settings.first_password_link_lifetime)
            self._post(session, welcome(snapshot, link, self._settings), entry)
        else:
            self._post(session, self._to_replace(snapshot), entry)

    def open(self, token: str) -> AccountSnapshot | None:
        """Whose password this link still chooses. Nothing is spent."""
        link = self._find(token)
        return link[0] if link else None

    def use(self, token: str, new: str, *, address: str, agent: str) -> Changed | PolicyFaults | LinkSpent:
        """Choose the password, once. A refused password leaves the link as it was."""
        link = self._find(token)
        if link is None:
            return LinkSpent()
        snapshot, valid_from = link
        prepared = self._passwords.prepare(snapshot.account_id, new)
        if isinstance(prepared, PolicyFaults):
            return prepared
        if isinstance(prepared, ConcurrentChange) or prepared.stored.valid_from != valid_from:
            return LinkSpent()
        if self._store.take(IdpRecord.PASSWORD_LINK, fingerprint(token)) is None:
            return LinkSpent()  # another request used it while we were hashing
        entry = AuditEntry(kind=IdpAuditKind.PASSWORD_LINK_USED, address=address, agent=agent)
        with self._database.transaction() as session:
            changed = self._passwords.keep(session, prepared, entry)
        return LinkSpent() if isinstance(changed, ConcurrentChange) else changed

    def _answer(self, job: dict[str, Any]) -> None:
        """The job: find the account, if any, and post its letter. Run twice, it posts another good link."""
        for snapshot in self._accounts.by_username_or_email(job["sought"]):
            if snapshot.disabled or self._throttle.allow(
                "password-link.account", snapshot.account_id, limit=_LETTERS_PER_ACCOUNT, window=_WINDOW
            ):
                continue
            entry = AuditEntry(
                kind=IdpAuditKind.PASSWORD_LINK_SENT,
                account=snapshot.account_id,
                login=snapshot.login,
                address=job["address"],
            )
            letter = self._to_replace(snapshot)
            with self._database.transaction() as session:
                self._post(session, letter, entry)

    def _to_replace(self, snapshot: AccountSnapshot) -> Letter:
        link = self._new_link(snapshot, self._settings.password_link_lifetime)
        return password_link(snapshot, link, self._settings)

    def _new_link(self, snapshot: AccountSnapshot, lifetime: timedelta) -> str:
        token = secrets.token_urlsafe(32)
        record = {"account": snapshot.account_id, "valid_from": snapshot.valid_from.isoformat()}
        self._store.put(IdpRecord.PASSWORD_LINK, fingerprint(token), record, lifetime=lifetime)
        return f"{self._settings.issuer}/password/choose/{token}"

    def _post(self, session: Session, letter: Letter, entry: AuditEntry) -> None:
        self._letters.post(session, letter)
        self._audit.record(session, entry)

    def _find(self, token: str) -> tuple[AccountSnapshot, datetime] | None:
        record = self._store.get(IdpRecord.PASSWORD_LINK, fingerprint(token)) if token.isascii() else None
        if record is None:
            return None
        snapshot = self._accounts.snapshot(record["account"], fresh=True)
        valid_from = datetime.fromisoformat(record["valid_from"])
        if snapshot is None or snapshot.disabled or snapshot.valid_from != valid_from:
            return None
        return snapshot, valid_from
