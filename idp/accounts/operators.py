"""Operators: accounts that hold roles, granted and revoked, each act in one transaction of its own.

The roles themselves are in `operator_roles.py`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.actor import Actor
from config.audit.trail import Audit, AuditEntry
from config.sql.database import Database
from config.sql.versioned_cache import bump
from idp.accounts.access import locked_account
from idp.accounts.accounts import REVISION, now
from idp.accounts.errors import AdministratorExists, NoSuchCommunity, OperatorRoleRefused
from idp.accounts.models import Account, Community, OperatorRole
from idp.accounts.operator_roles import HeldRole, OperatorRoleName
from idp.accounts.operator_tools import OperatorTools
from idp.audit_kinds import IdpAuditKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """An account that holds a role. `granted_by` is the actor as the audit trail writes it."""

    login: str
    display_name: str
    disabled: bool
    role: HeldRole
    granted_at: datetime
    granted_by: str


class Operators:
    """Who holds which role."""

    def __init__(self, database: Database, audit: Audit, operator_tools: OperatorTools) -> None:
        self._database = database
        self._audit = audit
        self._operator_tools = operator_tools

    def all(self) -> Sequence[Operator]:
        """Every role that is held, in the order of usernames."""
        columns = (Account.login, Account.given_name, Account.family_name, Account.disabled_at)
        found = (
            select(*columns, OperatorRole.role, OperatorRole.scope, OperatorRole.granted_at, OperatorRole.granted_by)
            .join(Account, Account.id == OperatorRole.account_id)
            .order_by(Account.login, OperatorRole.role, OperatorRole.scope)
        )
        with self._database.reading() as connection:
            return [
                Operator(
                    login=row.login,
                    display_name=f"{row.given_name} {row.family_name}",
                    disabled=row.disabled_at is not None,
                    role=HeldRole(OperatorRoleName(row.role), row.scope),
                    granted_at=row.granted_at,
                    granted_by=row.granted_by,
                )
                for row in connection.execute(found)
            ]

    def approved_scopes(self) -> frozenset[str]:
        """The communities and applications that have approvers of their own, as `community:NAME`, `application:ID`."""
        scopes = (
            select(OperatorRole.scope)
            .join(Account, Account.id == OperatorRole.account_id)
            .where(
                OperatorRole.role == OperatorRoleName.APPROVER,
                OperatorRole.scope != "",
                Account.disabled_at.is_(None),
            )
        )
        with self._database.reading() as connection:
            return frozenset(connection.scalars(scopes))

    def bootstrap(self, username: str, *, actor: Actor) -> None:
        """Make the account the first administrator.

        Raises:
            NoSuchAccount
            AdministratorExists: there is one, whose account may be disabled.
        """
        with self._database.transaction() as session:
            account = locked_account(session, username)
            bump(session, REVISION, account.id)  # first: of two at once, one waits for the other's commit
            held = OperatorRole.role == OperatorRoleName.ADMINISTRATOR
            if session.scalar(select(OperatorRole.account_id).where(held).limit(1)) is not None:
                raise AdministratorExists
            self._grant(session, account, HeldRole(OperatorRoleName.ADMINISTRATOR), actor)

    def grant(self, username: str, role: HeldRole, *, actor: Actor) -> bool:
        """Give the account a role. False when it has it already.

        That the application of a scope is registered is for the caller to check.

        Raises:
            NoSuchAccount, NoSuchCommunity
            OperatorRoleRefused: this role has no scope.
        """
        if role.scope and role.role is not OperatorRoleName.APPROVER:
            raise OperatorRoleRefused(f"the role {role.role} has no scope: it is held for the whole installation")
        with self._database.transaction() as session:
            account = locked_account(session, username)
            kind, _, name = role.scope.partition(":")
            if kind == "community" and session.get(Community, name, with_for_update={"read": True}) is None:
                raise NoSuchCommunity(name)
            if session.get(OperatorRole, (account.id, role.role, role.scope)) is not None:
                return False
            self._grant(session, account, role, actor)
            bump(session, REVISION, account.id)
            return True

    def revoke(self, username: str, role: HeldRole, *, actor: Actor) -> bool:
        """Take a role away from the account. False when it does not have it.

        The tools of operators end the sessions of the account.

        Raises:
            NoSuchAccount
        """
        with self._database.transaction() as session:
            account = locked_account(session, username)
            held = session.get(OperatorRole, (account.id, role.role, role.scope))
            if held is None:
                return False
            session.delete(held)
            self._operator_tools.end_sessions(session, account.id, at=now())
            self._record(session, IdpAuditKind.OPERATOR_ROLE_REVOKED, account, role, actor)
            bump(session, REVISION, account.id)
            return True

    def _grant(self, session: Session, account: Account, role: HeldRole, actor: Actor) -> None:
        session.add(
            OperatorRole(
                account_id=account.id, role=role.role, scope=role.scope, granted_at=now(), granted_by=str(actor)
            )
        )
        self._record(session, IdpAuditKind.OPERATOR_ROLE_GRANTED, account, role, actor)

    def _record(self, session: Session, kind: IdpAuditKind, account: Account, role: HeldRole, actor: Actor) -> None:
        detail = {"role": str(role.role)} | ({"scope": role.scope} if role.scope else {})
        self._audit.record(
            session, AuditEntry(kind=kind, account=account.id, login=account.login, actor=actor, detail=detail)
        )
