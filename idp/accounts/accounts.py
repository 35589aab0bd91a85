"""Who someone is, whether they may come in, and where: accounts as the rest of the program sees them.

A `AccountSnapshot` is what each request needs of an account, in one frozen value
remembered until that account changes. Whatever takes something away from a
person also moves `valid_from`, in the transaction that the audit trail tells of.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import uuid4

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from config.actor import Actor
from config.audit.trail import Audit, AuditEntry
from config.audit.vocabulary import AuditKind
from config.mail_addresses import is_address
from config.sql.database import Database
from config.sql.versioned_cache import Revisions, VersionedCache, bump, its_key
from idp.accounts.errors import AccountProblems, LoginTaken, NationalIdentifierTaken, NoSuchAccount
from idp.accounts.models import Account, Entitlement, Proof
from idp.accounts.new_account import NewAccount
from idp.accounts.snapshot import ACCOUNTS, AccountSnapshot, read_standings
from idp.accounts.usernames import LONGEST_LOGIN, as_typed, is_login, login_for, recette_login_for
from idp.audit_kinds import IdpAuditKind

__all__ = ["AccountSnapshot", "Accounts", "NewAccount"]

REVISION = "accounts"
REMEMBERED_STANDINGS = 10_000
MOST_ACCOUNTS_OF_A_MAILBOX = 5
_TRIES_FOR_A_LOGIN = 10


class Accounts:
    """The accounts of this installation."""

    def __init__(self, database: Database, revisions: Revisions, audit: Audit, *, test_logins: bool = False) -> None:
        """`test_logins`: logins are made by the rule of the test base, `j.dupont`."""
        self._database = database
        self._audit = audit
        self._login_for = recette_login_for if test_logins else login_for
        self._remembered: VersionedCache[str, AccountSnapshot] = VersionedCache(
            revisions, REVISION, self._load, size=REMEMBERED_STANDINGS, concerned_as=its_key
        )

    def snapshot(self, account_id: str, *, fresh: bool = False) -> AccountSnapshot | None:
        """The account as it stands, or None when there is none; `fresh` reads its revision anew."""
        return self._remembered.get(account_id, fresh=fresh)

    def by_login(self, login: str) -> AccountSnapshot | None:
        typed = as_typed(login)
        return next(iter(self._where(Account.login == typed)), None) if is_login(typed) else None

    def by_login_or_email(self, sought: str) -> Sequence[AccountSnapshot]:
        """Those whose login this is, or the first few of those who are written to at this address."""
        typed = as_typed(sought)
        if "@" in typed:
            return self._where(Account.email == typed, limit=MOST_ACCOUNTS_OF_A_MAILBOX) if is_address(typed) else []
        found = self.by_login(typed)
        return [found] if found else []

    def list(self, *, after: str = "", limit: int = 50, query: str = "") -> Sequence[AccountSnapshot]:
        """Accounts in the order of their logins, from the one that follows `after`."""
        if not (after + query).isprintable():
            return []
        conditions = [Account.login > after]
        if query:
            columns = (Account.login, Account.given_name, Account.family_name, Account.email)
            conditions.append(or_(*(column.icontains(query, autoescape=True) for column in columns)))
        return self._where(*conditions, limit=limit)

    def create(self, new: NewAccount, *, actor: Actor) -> AccountSnapshot:
        """Keep a new account, without a password.

        Raises:
            AccountProblems, LoginTaken, NationalIdentifierTaken: nothing was kept.
        """
        if problems := new.problems():
            raise AccountProblems(problems)
        for _ in range(_TRIES_FOR_A_LOGIN):
            try:
                return self._create(new, actor=actor)
            except IntegrityError:  # somebody was faster: with this login, or with this national identifier
                continue
        raise LoginTaken(new.login or f"{new.given_name} {new.family_name}")

    def disable(self, login: str, *, actor: Actor) -> bool:
        """Close the account: what was obtained in its name is void. False when it was closed already."""
        with self._database.transaction() as session:
            account = locked(session, login)
            if account.disabled_at is not None:
                return False
            account.disabled_at = account.valid_from = now()
            self._tell(session, IdpAuditKind.ACCOUNT_DISABLED, account, actor)
        return True

    def enable(self, login: str, *, actor: Actor) -> bool:
        """Open the account again, with the password it had. False when it was open."""
        with self._database.transaction() as session:
            account = locked(session, login)
            if account.disabled_at is None:
                return False
            account.disabled_at = None
            self._tell(session, IdpAuditKind.ACCOUNT_ENABLED, account, actor)
        return True

    def grant(self, login: str, application: str, *, actor: Actor) -> bool:
        """Let the account enter an application. False when it could already."""
        with self._database.transaction() as session:
            account = locked(session, login)
            if session.get(Entitlement, (account.id, application)):
                return False
            session.add(Entitlement(account_id=account.id, application=application, granted_at=now()))
            self._tell(session, IdpAuditKind.ENTITLEMENT_GRANTED, account, actor, application=application)
        return True

    def withdraw(self, login: str, application: str, *, actor: Actor) -> bool:
        """Stop the account from entering an application. False when it could not."""
        with self._database.transaction() as session:
            account = locked(session, login)
            entitlement = session.get(Entitlement, (account.id, application))
            if entitlement is None:
                return False
            session.delete(entitlement)
            self._tell(session, IdpAuditKind.ENTITLEMENT_WITHDRAWN, account, actor, application=application)
        return True

    def _create(self, new: NewAccount, *, actor: Actor) -> AccountSnapshot:
        with self._database.transaction() as session:
            if new.login and session.scalar(select(Account.id).where(Account.login == new.login)):
                raise LoginTaken(new.login)
            if _is_proven_by_another(session, new):
                raise NationalIdentifierTaken(new.national_id)
            at = now()
            account = Account(
                id=uuid4().hex,
                login=new.login or self._free_login(session, new),
                given_name=new.given_name,
                family_name=new.family_name,
                email=new.email.lower(),  # no mailbox in use tells cases apart, and people do not remember them
                profession=new.profession,
                national_id=new.national_id,
                national_id_proof=new.national_id_proof,
                language=new.language,
                created_at=at,
                valid_from=at,
            )
            session.add(account)
            session.flush()
            self._tell(session, IdpAuditKind.ACCOUNT_CREATED, account, actor)
        created = self._load(account.id)
        assert created is not None  # noqa: S101 - accounts are never deleted
        return created

    def _free_login(self, session: Session, new: NewAccount) -> str:
        plain = self._login_for(new.given_name, new.family_name, ())
        assert plain is not None  # noqa: S101 - `problems` has seen to it
        alike = Account.login.startswith(
            plain[: LONGEST_LOGIN // 2], autoescape=True
        )  # a number may shorten a long name
        taken = session.scalars(select(Account.login).where(alike))
        return self._login_for(new.given_name, new.family_name, frozenset(taken)) or plain

    def _tell(
        self, session: Session, kind: AuditKind, account: Account, actor: Actor, *, application: str | None = None
    ) -> None:
        self._audit.record(
            session,
            AuditEntry(kind=kind, account=account.id, login=account.login, actor=actor, application=application),
        )
        bump(session, REVISION, account.id)

    def _load(self, account_id: str) -> AccountSnapshot | None:
        return next(iter(self._where(Account.id == account_id)), None)

    def _where(self, *conditions: ColumnElement[bool], limit: int = 1) -> Sequence[AccountSnapshot]:
        found = ACCOUNTS.where(*conditions).order_by(Account.login).limit(limit)
        return read_standings(self._database, found)


def now() -> datetime:
    return datetime.now(UTC)


def locked(session: Session, login: str) -> Account:
    """The account, so that no other writer changes it before we commit."""
    account = session.scalar(select(Account).where(Account.login == as_typed(login)).with_for_update())
    if account is None:
        raise NoSuchAccount(login)
    return account


def _is_proven_by_another(session: Session, new: NewAccount) -> bool:
    if new.national_id is None or new.national_id_proof is Proof.TYPED:
        return False
    proven = select(Account.id).where(Account.national_id == new.national_id, Account.national_id_proof != Proof.TYPED)
    return session.scalar(proven) is not None
