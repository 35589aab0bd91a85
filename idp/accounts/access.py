"""What accounts may use and belong to: entitlements and memberships, changed in the caller's transaction.

Nothing here commits; `service.py` has the same acts in a transaction of their own.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.actor import Actor
from config.audit.trail import Audit, AuditEntry
from config.sql.versioned_cache import bump
from idp.accounts.accounts import REVISION, now
from idp.accounts.assignments import UNLIMITED, AssignmentTerms
from idp.accounts.errors import AssignmentRefused, NoSuchAccount, NoSuchCommunity
from idp.accounts.models import Account, Community, Entitlement, Membership
from idp.accounts.usernames import as_typed
from idp.audit_kinds import IdpAuditKind


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kind:
    """A kind of assignment: its table, the column that names what is assigned, and its words in the audit trail."""

    row: type[Entitlement] | type[Membership]
    column: str
    granted: IdpAuditKind
    changed: IdpAuditKind
    withdrawn: IdpAuditKind


_ENTITLEMENT: Final = _Kind(
    row=Entitlement,
    column="application",
    granted=IdpAuditKind.ENTITLEMENT_GRANTED,
    changed=IdpAuditKind.ENTITLEMENT_CHANGED,
    withdrawn=IdpAuditKind.ENTITLEMENT_WITHDRAWN,
)
_MEMBERSHIP: Final = _Kind(
    row=Membership,
    column="community",
    granted=IdpAuditKind.MEMBERSHIP_GRANTED,
    changed=IdpAuditKind.MEMBERSHIP_CHANGED,
    withdrawn=IdpAuditKind.MEMBERSHIP_WITHDRAWN,
)


class Access:
    """What accounts may use and belong to, to be changed."""

    def __init__(self, audit: Audit) -> None:
        self._audit = audit

    def grant(
        self, session: Session, username: str, application: str, *, actor: Actor, terms: AssignmentTerms = UNLIMITED
    ) -> bool:
        """Let the account use an application by these terms, which replace those it had.

        An entitlement that is in force keeps its start when `terms` has none.

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
        return self._assign(session, _ENTITLEMENT, account, application, terms, actor)

    def withdraw(self, session: Session, username: str, application: str, *, actor: Actor) -> bool:
        """Stop the account from using an application. False when it had no entitlement to it.

        Raises:
            NoSuchAccount
        """
        return self._withdraw(session, _ENTITLEMENT, username, application, actor)

    def join(
        self, session: Session, username: str, community: str, *, actor: Actor, terms: AssignmentTerms = UNLIMITED
    ) -> bool:
        """Make the account a member of a community by these terms, as `grant` does for an application.

        Raises:
            NoSuchAccount, NoSuchCommunity, AssignmentRefused
        """
        return self.add_member(session, locked_account(session, username), community, terms, actor=actor)

    def add_member(
        self, session: Session, account: Account, community: str, terms: AssignmentTerms, *, actor: Actor
    ) -> bool:
        """Do what `join` does, for an account that the caller's transaction has locked or created.

        Raises:
            NoSuchCommunity, AssignmentRefused
        """
        if session.get(Community, community, with_for_update={"read": True}) is None:
            raise NoSuchCommunity(community)
        return self._assign(session, _MEMBERSHIP, account, community, terms, actor)

    def leave(self, session: Session, username: str, community: str, *, actor: Actor) -> bool:
        """End the account's membership of a community. False when it was not a member.

        Raises:
            NoSuchAccount
        """
        return self._withdraw(session, _MEMBERSHIP, username, community, actor)

    def _assign(
        self, session: Session, kind: _Kind, account: Account, name: str, terms: AssignmentTerms, actor: Actor
    ) -> bool:
        at = now()
        if problems := terms.problems(at):
            raise AssignmentRefused(problems)
        row = _row(session, kind, account, name)
        word = kind.granted if row is None else kind.changed
        if row is None:
            row = kind.row(account_id=account.id, **{kind.column: name})
        if not _put(row, terms, actor=actor, at=at):
            return False
        session.add(row)
        self._record(session, kind, word, account, name, actor, _terms_in_trail(row))
        return True

    def _withdraw(self, session: Session, kind: _Kind, username: str, name: str, actor: Actor) -> bool:
        account = locked_account(session, username)
        row = _row(session, kind, account, name)
        if row is None:
            return False
        session.delete(row)
        self._record(session, kind, kind.withdrawn, account, name, actor, {})
        return True

    def _record(
        self,
        session: Session,
        kind: _Kind,
        word: IdpAuditKind,
        account: Account,
        name: str,
        actor: Actor,
        detail: dict[str, Any],
    ) -> None:
        application = name if kind is _ENTITLEMENT else None
        if application is None:
            detail = {kind.column: name} | detail
        entry = AuditEntry(
            kind=word, account=account.id, login=account.login, actor=actor, application=application, detail=detail
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


def _row(session: Session, kind: _Kind, account: Account, name: str) -> Entitlement | Membership | None:
    return cast("Entitlement | Membership | None", session.get(kind.row, (account.id, name)))


def _put(row: Entitlement | Membership, terms: AssignmentTerms, *, actor: Actor, at: datetime) -> bool:
    """Put `terms` into `row`. False when they were there already."""
    is_new = row.granted_at is None
    is_in_force = not is_new and row.starts_at <= at and (row.ends_at is None or row.ends_at > at)
    starts_at = terms.starts_at or (row.starts_at if is_in_force else at)
    held = (row.role, row.starts_at, row.ends_at, row.reason)
    given = (terms.role, starts_at, terms.ends_at, terms.reason)
    if held == given and not is_new:
        return False
    row.role, row.starts_at, row.ends_at, row.reason = given
    row.granted_at, row.granted_by = at, str(actor)
    return True


def _terms_in_trail(row: Entitlement | Membership) -> dict[str, Any]:
    """The terms for the audit trail: not the reason, which may say something of the person."""
    terms = {
        "starts_at": row.starts_at.isoformat(timespec="seconds"),
        "ends_at": row.ends_at.isoformat(timespec="seconds") if row.ends_at else None,
        "role": row.role,
    }
    return {name: value for name, value in terms.items() if value is not None}
