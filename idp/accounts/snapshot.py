"""A frozen view of an account, and how snapshots are read: two statements for any number of accounts.

What accounts are granted comes from several tables of the same columns, in one statement.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    BindParameter,
    CompoundSelect,
    Connection,
    Row,
    Select,
    bindparam,
    literal_column,
    null,
    select,
    union_all,
)

from idp.accounts.assignments import Assignment
from idp.accounts.attributes import AccountAttributes, from_columns
from idp.accounts.models import Account, Entitlement, Language, Membership, OperatorRole, PasswordCredential
from idp.accounts.operator_roles import HeldRole, OperatorRoleName


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptedConditions:
    """The conditions of use that a person has accepted: which version, in which language, and when."""

    version: str
    language: Language
    accepted_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountSnapshot(AccountAttributes):
    """An account at one instant: its attributes (`attributes.py`), and what a request needs to know beside them.

    `entitlements` has every application that the account was granted, by its client identifier, and `memberships` every
    community, by its name. Those that have ended or have not begun are included: ask `may_use` and `communities`.
    """

    account_id: str
    login: str
    email_verified: bool
    created_at: datetime
    valid_from: datetime
    disabled: bool
    password_set_at: datetime | None
    must_change: bool
    conditions: AcceptedConditions | None
    entitlements: Mapping[str, Assignment]
    memberships: Mapping[str, Assignment]
    roles: frozenset[HeldRole] = frozenset()

    def may_use(self, application: str, now: datetime) -> bool:
        """Whether an entitlement to this application is in force at this instant."""
        entitlement = self.entitlements.get(application)
        return entitlement is not None and entitlement.is_in_force(now)

    def role_in(self, application: str, now: datetime) -> str | None:
        """The role that an entitlement in force gives the account in this application."""
        entitlement = self.entitlements.get(application)
        return entitlement.role if entitlement is not None and entitlement.is_in_force(now) else None

    def holds(self, role: str) -> bool:
        """Whether the account is an operator with this role, whatever its scope."""
        return any(held.role == role for held in self.roles)

    def communities(self, now: datetime) -> list[str]:
        """The communities of which the account is a member at this instant, in the order of their names."""
        return sorted(name for name, membership in self.memberships.items() if membership.is_in_force(now))


ACCOUNTS: Select[Any] = select(
    *Account.__table__.columns, PasswordCredential.set_at, PasswordCredential.must_change
).outerjoin(PasswordCredential, PasswordCredential.account_id == Account.id)


def read_snapshots(connection: Connection, accounts: Select[Any]) -> list[AccountSnapshot]:
    """The accounts that `accounts`, made from `ACCOUNTS`, selects, in its order."""
    rows = connection.execute(accounts).all()
    granted: defaultdict[tuple[str, str], dict[str, Assignment]] = defaultdict(dict)
    roles: defaultdict[str, set[HeldRole]] = defaultdict(set)
    for row in connection.execute(_GRANTED, {"accounts": [row.id for row in rows]}) if rows else ():
        if row.granted == OperatorRole.__tablename__:
            roles[row.account_id].add(HeldRole(OperatorRoleName(row.role), row.name))
        else:
            granted[row.account_id, row.granted][row.name] = _assignment(row)
    return [
        _snapshot(
            row,
            granted[row.id, Entitlement.__tablename__],
            granted[row.id, Membership.__tablename__],
            frozenset(roles[row.id]),
        )
        for row in rows
    ]


_OF_ACCOUNTS: Final[BindParameter[Any]] = bindparam("accounts", expanding=True)


def _granted(table: type[Entitlement] | type[Membership], name: Any) -> Select[Any]:
    return select(
        literal_column(f"'{table.__tablename__}'").label("granted"),
        table.account_id,
        name.label("name"),
        table.role,
        table.starts_at,
        table.ends_at,
        table.reason,
        table.granted_at,
        table.granted_by,
    ).where(table.account_id.in_(_OF_ACCOUNTS))


_GRANTED: Final[CompoundSelect[Any]] = union_all(
    _granted(Entitlement, Entitlement.application),
    _granted(Membership, Membership.community),
    select(
        literal_column(f"'{OperatorRole.__tablename__}'"),
        OperatorRole.account_id,
        OperatorRole.scope,
        OperatorRole.role,
        OperatorRole.granted_at,
        null(),
        null(),
        OperatorRole.granted_at,
        OperatorRole.granted_by,
    ).where(OperatorRole.account_id.in_(_OF_ACCOUNTS)),
)


def _assignment(row: Row[Any]) -> Assignment:
    return Assignment(
        role=row.role,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        reason=row.reason,
        granted_at=row.granted_at,
        granted_by=row.granted_by,
    )


def _conditions(row: Row[Any]) -> AcceptedConditions | None:
    if row.conditions_version is None:
        return None
    return AcceptedConditions(
        version=row.conditions_version,
        language=Language(row.conditions_language),
        accepted_at=row.conditions_accepted_at,
    )


def _snapshot(
    row: Row[Any],
    entitlements: Mapping[str, Assignment],
    memberships: Mapping[str, Assignment],
    roles: frozenset[HeldRole],
) -> AccountSnapshot:
    return AccountSnapshot(
        account_id=row.id,
        login=row.login,
        email_verified=row.email_verified_at is not None,
        created_at=row.created_at,
        valid_from=row.valid_from,
        disabled=row.disabled_at is not None,
        password_set_at=row.set_at,
        must_change=bool(row.must_change),
        conditions=_conditions(row),
        entitlements=entitlements,
        memberships=memberships,
        roles=roles,
        **from_columns(row),
    )
