"""Mailed links to choose a password, for a person who has none yet or has forgotten it.

The response does not reveal whether an account exists: every request adds one job and shows the same page, and the
job looks for the account later. A link is 256 random bits, stored as a fingerprint and bound to the account's
`valid_from`, so that disabling the account or changing its password voids it. Opening a link does not use it up,
since mail scanners open links; choosing a password does.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from config.actor import Actor
from config.audit.trail import Audit, AuditEntry
from config.jobs import Jobs
from config.mail import Letter, Letters
from config.redis.rate_limits import RetryAfter, Throttle, Visit
from config.redis.store import Record, Store, fingerprint
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

_OFFERED_AGAIN = timedelta(days=30)  # how long after its end a first link can be replaced
_WINDOW = timedelta(hours=1)
_REQUESTS_AT_ONCE = 60  # from one address; a hospital is one
_REQUEST_EVERY = 2.0  # seconds
_LETTERS_PER_ACCOUNT = 5


@dataclass(frozen=True, slots=True)
class LinkSpent:
    """The link was used, has expired, or is void because the account has changed: the person requests another."""


class PasswordLinks:
    """Mails links, and uses them."""

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
        jobs.register(JOB, self._send)

    def send(self, sought: str, visit: Visit) -> RetryAfter | None:
        """E-mail a link to the accounts that have `sought` as their username or e-mail address.

        Returns how long to wait, half a minute at most, when the sender has requested many. The requests for one
        account are not counted here: the job limits the e-mails to each account, and a mailbox that has received
        five in an hour has a valid link.
        """
        return self._queue({"sought": as_typed(sought)[:LONGEST_SOUGHT]}, visit)

    def send_again(self, token: str, visit: Visit) -> RetryAfter | None:
        """E-mail another link to the account of a first link that has expired, within `_OFFERED_AGAIN`.

        The answer is the same when there is no such link.
        """
        record = self._record(IdpRecord.EXPIRED_LINK, token)
        return self._queue(record if record is not None else {"sought": ""}, visit)

    def _queue(self, wanted: dict[str, Any], visit: Visit) -> RetryAfter | None:
        if wait := self._throttle.admit("password-link", visit, at_once=_REQUESTS_AT_ONCE, every=_REQUEST_EVERY):
            return wait
        with self._database.transaction() as session:
            self._jobs.add(session, JOB, wanted | {"address": visit.address})
        return None

    def mail(self, session: Session, snapshot: AccountSnapshot, *, actor: Actor) -> None:
        """Mail a link, in the caller's transaction: to choose the account's first password, or to replace it.

        If that transaction is rolled back, the record of the link in Redis is useless, and expires.
        """
        entry = AuditEntry(
            kind=IdpAuditKind.PASSWORD_LINK_SENT, account=snapshot.account_id, login=snapshot.login, actor=actor
        )
        self._post(session, self._letter(snapshot), entry)

    def new_link(
        self,
        session: Session,
        snapshot: AccountSnapshot,
        lifetime: timedelta,
        *,
        actor: Actor,
        continue_to: str | None = None,
    ) -> str:
        """The address of a new link, for a letter that the caller mails in its transaction.

        `continue_to` is the client_id of the application that the person goes to afterwards.
        """
        entry = AuditEntry(
            kind=IdpAuditKind.PASSWORD_LINK_SENT, account=snapshot.account_id, login=snapshot.login, actor=actor
        )
        self._audit.record(session, entry)
        return self._new_link(snapshot, lifetime, continue_to)

    def address_of(self, token: str) -> str:
        """The page that a token opens."""
        return f"{self._settings.issuer}/password/choose/{token}"

    def open(self, token: str) -> AccountSnapshot | None:
        """The account of a link, if the link is still valid. The link is not used up."""
        link = self._find(token)
        return link[0] if link else None

    def destination(self, token: str) -> str | None:
        """The client_id of the application that the person of a link goes to afterwards."""
        record = self._record(IdpRecord.PASSWORD_LINK, token)
        return record.get("continue_to") if record is not None else None

    def use(self, token: str, new: str, *, address: str, agent: str) -> Changed | PolicyFaults | LinkSpent:
        """Set the password, and use up the link. A password that the policy refuses does not use it up."""
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

    def _send(self, job: dict[str, Any]) -> None:
        """The job: find the accounts and mail their links. A second run mails another valid link."""
        for snapshot in self._sought(job):
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
            letter = self._letter(snapshot, job.get("continue_to"))
            with self._database.transaction() as session:
                self._post(session, letter, entry)

    def _sought(self, job: dict[str, Any]) -> Sequence[AccountSnapshot]:
        if "account" not in job:
            return self._accounts.by_username_or_email(job["sought"])
        snapshot = self._accounts.snapshot(job["account"], fresh=True)
        return [snapshot] if snapshot is not None else []

    def _letter(self, snapshot: AccountSnapshot, continue_to: str | None = None) -> Letter:
        """The letter with a new link: to choose the first password, or to replace the one of the account."""
        if snapshot.password_set_at is None:
            link = self._new_link(snapshot, self._settings.first_password_link_lifetime, continue_to)
            return welcome(snapshot, link, self._settings)
        link = self._new_link(snapshot, self._settings.password_link_lifetime)
        return password_link(snapshot, link, self._settings)

    def _new_link(self, snapshot: AccountSnapshot, lifetime: timedelta, continue_to: str | None = None) -> str:
        token = secrets.token_urlsafe(32)
        record = {"account": snapshot.account_id, "valid_from": snapshot.valid_from.isoformat()}
        record |= {"continue_to": continue_to} if continue_to else {}
        self._store.put(IdpRecord.PASSWORD_LINK, fingerprint(token), record, lifetime=lifetime)
        if snapshot.password_set_at is None:
            again = {"account": snapshot.account_id, "continue_to": continue_to}
            self._store.put(IdpRecord.EXPIRED_LINK, fingerprint(token), again, lifetime=lifetime + _OFFERED_AGAIN)
        return self.address_of(token)

    def _post(self, session: Session, letter: Letter, entry: AuditEntry) -> None:
        self._letters.post(session, letter)
        self._audit.record(session, entry)

    def _find(self, token: str) -> tuple[AccountSnapshot, datetime] | None:
        record = self._record(IdpRecord.PASSWORD_LINK, token)
        if record is None:
            return None
        snapshot = self._accounts.snapshot(record["account"], fresh=True)
        valid_from = datetime.fromisoformat(record["valid_from"])
        if snapshot is None or snapshot.disabled or snapshot.valid_from != valid_from:
            return None
        return snapshot, valid_from

    def _record(self, kind: IdpRecord, token: str) -> Record | None:
        return self._store.get(kind, fingerprint(token)) if token.isascii() else None
