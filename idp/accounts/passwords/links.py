"""Links by mail to choose a password, for those who have none yet or forgot it.

Asking gives a stranger nothing: whatever was typed, the request writes one
outbox row and says the same words; the account is looked for afterwards, by the
job. A link is 256 random bits kept as a fingerprint and bound to the account's
`valid_from`, so that disabling the account or changing its password voids it.
Opening it spends nothing, since mail scanners open links; using it takes it.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from config.audit.trail import Audit, AuditKind, Entry
from config.jobs import Jobs
from config.mail import Letter, Letters
from config.redis.rate_limits import Throttle, Visit, Wait
from config.redis.store import Kind, Store, fingerprint
from config.settings import Settings
from config.sql.database import Database
from idp.accounts.accounts import Accounts
from idp.accounts.emails import password_link, welcome
from idp.accounts.passwords.passwords import Changed, Passwords, PolicyFaults, Superseded
from idp.accounts.snapshot import Standing
from idp.accounts.usernames import as_typed

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
        jobs.runs(JOB, self._answer)

    def send(self, sought: str, visit: Visit) -> Wait | None:
        """Have a link mailed to whoever `sought`, a login or an e-mail address, names, if anyone.

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

    def mail(self, standing: Standing, *, actor: str) -> None:
        """Mail a link to someone whose account an operator has opened, or whose password is to be renewed."""
        entry = Entry(kind=AuditKind.PASSWORD_LINK_SENT, account=standing.account_id, login=standing.login, actor=actor)
        if standing.password_set_at is None:
            link = self._new_link(standing, self._settings.first_password_link_lifetime)
            self._post(welcome(standing, link, self._settings), entry)
        else:
            self._post(self._to_replace(standing), entry)

    def open(self, token: str) -> Standing | None:
        """Whose password this link still chooses. Nothing is spent."""
        link = self._find(token)
        return link[0] if link else None

    def use(self, token: str, new: str, *, address: str, agent: str) -> Changed | PolicyFaults | LinkSpent:
        """Choose the password, once. A refused password leaves the link as it was."""
        link = self._find(token)
        if link is None:
            return LinkSpent()
        standing, valid_from = link
        prepared = self._passwords.prepare(standing.account_id, new)
        if isinstance(prepared, PolicyFaults):
            return prepared
        if isinstance(prepared, Superseded) or prepared.held.valid_from != valid_from:
            return LinkSpent()
        if self._store.take(Kind.PASSWORD_LINK, fingerprint(token)) is None:
            return LinkSpent()  # another request used it while we were hashing
        entry = Entry(kind=AuditKind.PASSWORD_LINK_USED, address=address, agent=agent)
        changed = self._passwords.keep(prepared, entry)
        return LinkSpent() if isinstance(changed, Superseded) else changed

    def _answer(self, job: dict[str, Any]) -> None:
        """The job: find the account, if any, and post its letter. Run twice, it posts another good link."""
        for standing in self._accounts.by_login_or_email(job["sought"]):
            if standing.disabled or self._throttle.allow(
                "password-link.account", standing.account_id, limit=_LETTERS_PER_ACCOUNT, window=_WINDOW
            ):
                continue
            entry = Entry(
                kind=AuditKind.PASSWORD_LINK_SENT,
                account=standing.account_id,
                login=standing.login,
                address=job["address"],
            )
            self._post(self._to_replace(standing), entry)

    def _to_replace(self, standing: Standing) -> Letter:
        link = self._new_link(standing, self._settings.password_link_lifetime)
        return password_link(standing, link, self._settings)

    def _new_link(self, standing: Standing, lifetime: timedelta) -> str:
        token = secrets.token_urlsafe(32)
        record = {"account": standing.account_id, "valid_from": standing.valid_from.isoformat()}
        self._store.put(Kind.PASSWORD_LINK, fingerprint(token), record, lifetime=lifetime)
        return f"{self._settings.issuer}/password/choose/{token}"

    def _post(self, letter: Letter, entry: Entry) -> None:
        with self._database.transaction() as session:
            self._letters.post(session, letter)
            self._audit.record(session, entry)

    def _find(self, token: str) -> tuple[Standing, datetime] | None:
        record = self._store.get(Kind.PASSWORD_LINK, fingerprint(token)) if token.isascii() else None
        if record is None:
            return None
        standing = self._accounts.standing(record["account"], fresh=True)
        valid_from = datetime.fromisoformat(record["valid_from"])
        if standing is None or standing.disabled or standing.valid_from != valid_from:
            return None
        return standing, valid_from
