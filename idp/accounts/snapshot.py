"""A frozen view of an account, and how snapshots are read: two statements for any number of accounts."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, select

from idp.accounts.models import Account, Entitlement, Language, PasswordCredential, Proof


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountSnapshot:
    """What a request needs to know of an account, at one instant."""

    account_id: str
    login: str
    given_name: str
    family_name: str
    email: str
    email_verified: bool
    profession: str | None
    national_id: str | None
    national_id_proof: Proof | None
    language: Language
    created_at: datetime
    valid_from: datetime
    disabled: bool
    password_set_at: datetime | None
    must_change: bool
    entitlements: frozenset[str]
    roles: frozenset[str] = frozenset()  # for internal pages; no account has one yet

    @property
    def display_name(self) -> str:
        return f"{self.given_name} {self.family_name}"


ACCOUNTS: Select[Any] = select(
    *Account.__table__.columns, PasswordCredential.set_at, PasswordCredential.must_change
).outerjoin(PasswordCredential, PasswordCredential.account_id == Account.id)


def read_snapshots(connection: Connection, accounts: Select[Any]) -> list[AccountSnapshot]:
    """The accounts that `accounts`, made from `ACCOUNTS`, selects, in its order."""
    rows = connection.execute(accounts).all()
    asked = select(Entitlement.account_id, Entitlement.application).where(
        Entitlement.account_id.in_([row.id for row in rows])
    )
    entitlements: defaultdict[str, set[str]] = defaultdict(set)
    for entitlement in connection.execute(asked) if rows else ():
        entitlements[entitlement.account_id].add(entitlement.application)
    return [_snapshot(row, frozenset(entitlements[row.id])) for row in rows]


def _snapshot(row: Row[Any], entitlements: frozenset[str]) -> AccountSnapshot:
    return AccountSnapshot(
        account_id=row.id,
        login=row.login,
        given_name=row.given_name,
        family_name=row.family_name,
        email=row.email,
        email_verified=row.email_verified_at is not None,
        profession=row.profession,
        national_id=row.national_id,
        national_id_proof=None if row.national_id_proof is None else Proof(row.national_id_proof),
        language=Language(row.language),
        created_at=row.created_at,
        valid_from=row.valid_from,
        disabled=row.disabled_at is not None,
        password_set_at=row.set_at,
        must_change=bool(row.must_change),
        entitlements=entitlements,
    )
