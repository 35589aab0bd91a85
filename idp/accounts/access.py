"""The applications that an account may use: entitlements granted, changed and withdrawn in the caller's transaction.

Nothing here commits; `service.py` has the same acts in a transaction of their own.
"""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.actor import Actor
from config.audit.trail import Audit, AuditEntry
from config.sql.versioned_cache import bump
from idp.accounts.accounts import REVISION, now
from idp.accounts.assignments import UNLIMITED, AssignmentTerms
from idp.accounts.errors import AssignmentRefused, NoSuchAccount
from idp.accounts.models import Account, Entitlement
from idp.accounts.usernames import as_typed
from idp.audit_kinds import IdpAuditKind


class Access:
    """What accounts may use, to be changed."""

    def __init__(self, audit: Audit) -> None:
        self._audit = audit

    def grant(
        self, session: Session, username: str, application: str, *, actor: Actor, terms: AssignmentTerms = UNLIMITED
    ) -> bool:
        """Let the account use an application by these terms, which replace those it had.

        An entitlement that has begun keeps its start when `terms` has none.

        Returns:
            False when the account had the same terms already.

        Raises:
            NoSuchAccount, AssignmentRefused
        """
        return self.entitle(session, locked_account(session, username), application, terms, actor=actor)

    def entitle(
        self, session: Session, account: Account, application: str, terms: AssignmentTerms, *, actor: Actor
    ) -> bool:
        """Do what `grant` does, for an account that the caller's transaction has locked or created.

        Raises:
            AssignmentRefused
        """
        at = now()
        if problems := terms.problems(at):
            raise AssignmentRefused(problems)
        entitlement = session.get(Entitlement, (account.id, application))
        kind = IdpAuditKind.ENTITLEMENT_GRANTED if entitlement is None else IdpAuditKind.ENTITLEMENT_CHANGED
        if entitlement is None:
            entitlement = Entitlement(account_id=account.id, application=application)
        if not _put(entitlement, terms, actor=actor, at=at):
            return False
        session.add(entitlement)
        self._changed(session, kind, account, application, actor, detail=_described(entitlement))
        return True

    def withdraw(self, session: Session, username: str, application: str, *, actor: Actor) -> bool:
        """Stop the account from using an application. False when it had no entitlement to it.

        Raises:
            NoSuchAccount
        """
        account = locked_account(session, username)
        entitlement = session.get(Entitlement, (account.id, application))
        if entitlement is None:
            return False
        session.delete(entitlement)
        self._changed(session, IdpAuditKind.ENTITLEMENT_WITHDRAWN, account, application, actor, detail={})
        return True

    def _changed(
        self,
        session: Session,
        kind: IdpAuditKind,
        account: Account,
        application: str,
        actor: Actor,
        *,
        detail: dict[str, str],
    ) -> None:
        entry = AuditEntry(
            kind=kind, account=account.id, login=account.login, actor=actor, application=application, detail=detail
        )
        self._audit.record(session, entry)
        bump(session, REVISION, account.id)


def locked_account(session: Session, username: str) -> Account:
    """The account, locked against other writers until the caller's transaction ends.

    Raises:
        NoSuchAccount
    """
    account = session.scalar(select(Account).where(Account.login == as_typed(username)).with_for_update())
    if account is None:
        raise NoSuchAccount(username)
    return account


def _put(row: Entitlement, terms: AssignmentTerms, *, actor: Actor, at: datetime) -> bool:
    """Put `terms` into `row`. False when they were there already."""
    is_new = row.granted_at is None
    has_begun = not is_new and row.starts_at <= at and (row.ends_at is None or row.ends_at > at)
    starts_at = terms.starts_at or (row.starts_at if has_begun else at)
    held = (row.role, row.starts_at, row.ends_at, row.reason)
    given = (terms.role, starts_at, terms.ends_at, terms.reason)
    if held == given and not is_new:
        return False
    row.role, row.starts_at, row.ends_at, row.reason = given
    row.granted_at, row.granted_by = at, str(actor)
    return True


def _described(row: Entitlement) -> dict[str, str]:
    """The terms for the audit trail: not the reason, which may say something of the person."""
    described = {"starts_at": row.starts_at.isoformat(timespec="seconds")}
    if row.ends_at is not None:
        described["ends_at"] = row.ends_at.isoformat(timespec="seconds")
    if row.role is not None:
        described["role"] = row.role
    return described
