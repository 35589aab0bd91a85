"""Changes to accounts, in the transaction of the caller: open one, close it, say which applications it may use.

Each function takes the caller's database session, so that an account, its
username, its entitlements, its national identifier, its audit lines and its
letter are kept together or not at all. Nothing here commits; `service.py` has
the same acts in a transaction of their own.

A username (the column `login`) belongs to one account for ever: it is unique in
the database, and an account is never deleted.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from config.actor import Actor
from config.audit.trail import Audit, AuditEntry
from config.sql.versioned_cache import bump
from idp.accounts.accounts import REVISION, now
from idp.accounts.errors import AccountProblems, NationalIdentifierTaken, NoSuchAccount, UsernameTaken
from idp.accounts.models import Account, Entitlement, Proof
from idp.accounts.new_account import NewAccount
from idp.accounts.passwords.links import PasswordLinks
from idp.accounts.passwords.passwords import FirstPassword, Passwords, PolicyFaults
from idp.accounts.passwords.policies import PasswordOwner
from idp.accounts.passwords.policy_problems import password_problems
from idp.accounts.snapshot import ACCOUNTS, AccountSnapshot, read_snapshots
from idp.accounts.usernames import LONGEST_USERNAME, as_typed, recette_username_for, username_for
from idp.audit_kinds import IdpAuditKind

_TRIES_FOR_A_USERNAME = 10


@dataclass(frozen=True, slots=True)
class MailedLink:
    """The person receives a link by e-mail and chooses the first password."""


class Provisioning:
    """The accounts of this installation, to be changed."""

    def __init__(
        self, audit: Audit, passwords: Passwords, links: PasswordLinks, *, test_usernames: bool = False
    ) -> None:
        """`test_usernames`: usernames are made by the rule of the test base, `j.dupont`."""
        self._audit = audit
        self._passwords = passwords
        self._links = links
        self._username_for = recette_username_for if test_usernames else username_for

    def provision(
        self,
        session: Session,
        new: NewAccount,
        *,
        actor: Actor,
        entitlements: Iterable[str] = (),
        first_password: FirstPassword | MailedLink | None = None,
    ) -> AccountSnapshot:
        """Create an account that may use the applications `entitlements`, identified by client identifier.

        Concurrent creations wait for each other's commit. A username that another writer takes all the same costs
        a SAVEPOINT, not the caller's transaction, which also goes on after `UsernameTaken` and
        `NationalIdentifierTaken`. Hash the first password before the transaction begins.

        Raises:
            AccountProblems, UsernameTaken, NationalIdentifierTaken: no account was created.
        """
        if problems := new.problems():
            raise AccountProblems(problems)
        session.flush()  # what the caller has added fails here, and is not taken for a username that is taken
        account_id = uuid4().hex
        bump(session, REVISION, account_id)  # first: its lock makes those who create accounts wait their turn
        account = self._create(session, account_id, new)
        self._record(session, IdpAuditKind.ACCOUNT_CREATED, account, actor)
        for application in sorted(set(entitlements)):
            self._entitle(session, account, application, actor)
        if isinstance(first_password, FirstPassword):
            self._passwords.keep_first(session, account, first_password)
            self._record(session, IdpAuditKind.PASSWORD_SET, account, actor)
        session.flush()
        [snapshot] = read_snapshots(session.connection(), ACCOUNTS.where(Account.id == account.id))
        if isinstance(first_password, MailedLink):
            self._links.mail(session, snapshot, actor=actor)
        return snapshot

    def hash_first_password(self, new: NewAccount, password: str, *, must_change: bool = True) -> FirstPassword:
        """Judge and hash the first password of an account to create, before the transaction: hashing is slow.

        Whoever gives a password knows it, so the person must change it at the first login unless told otherwise.

        Raises:
            AccountProblems: the policy refuses it.
        """
        owner = PasswordOwner(
            login=new.login or self._username_for(new.given_name, new.family_name, ()) or "",
            given_name=new.given_name,
            family_name=new.family_name,
            email=new.email,
            national_id=new.national_id,
        )
        hashed = self._passwords.hash_first(password, owner, must_change=must_change)
        if isinstance(hashed, PolicyFaults):
            raise AccountProblems([*new.problems(), *password_problems(hashed.faults)])
        return hashed

    def disable(self, session: Session, username: str, *, actor: Actor) -> bool:
        """Close the account: what was obtained in its name is void. False when it was closed already."""
        account = _locked(session, username)
        if account.disabled_at is not None:
            return False
        account.disabled_at = account.valid_from = now()
        self._changed(session, IdpAuditKind.ACCOUNT_DISABLED, account, actor)
        return True

    def enable(self, session: Session, username: str, *, actor: Actor) -> bool:
        """Open the account again, with the password it had. False when it was open."""
        account = _locked(session, username)
        if account.disabled_at is None:
            return False
        account.disabled_at = None
        self._changed(session, IdpAuditKind.ACCOUNT_ENABLED, account, actor)
        return True

    def grant(self, session: Session, username: str, application: str, *, actor: Actor) -> bool:
        """Let the account use an application. False when it could already."""
        account = _locked(session, username)
        if session.get(Entitlement, (account.id, application)):
            return False
        self._entitle(session, account, application, actor)
        bump(session, REVISION, account.id)
        return True

    def withdraw(self, session: Session, username: str, application: str, *, actor: Actor) -> bool:
        """Stop the account from using an application. False when it could not."""
        account = _locked(session, username)
        entitlement = session.get(Entitlement, (account.id, application))
        if entitlement is None:
            return False
        session.delete(entitlement)
        self._changed(session, IdpAuditKind.ENTITLEMENT_WITHDRAWN, account, actor, application=application)
        return True

    def _create(self, session: Session, account_id: str, new: NewAccount) -> Account:
        for _ in range(_TRIES_FOR_A_USERNAME):
            if new.login and session.scalar(select(Account.id).where(Account.login == new.login)):
                raise UsernameTaken(new.login)
            if _is_proven_by_another(session, new):
                raise NationalIdentifierTaken(new.national_id)
            account = _account(account_id, new, new.login or self._free_username(session, new))
            try:
                with session.begin_nested():
                    session.add(account)
            except IntegrityError:  # a writer that did not wait has taken the username or the identifier
                continue
            return account
        raise UsernameTaken(new.login or f"{new.given_name} {new.family_name}")

    def _free_username(self, session: Session, new: NewAccount) -> str:
        plain = self._username_for(new.given_name, new.family_name, ())
        assert plain is not None  # noqa: S101 - `problems` has seen to it
        alike = Account.login.startswith(
            plain[: LONGEST_USERNAME // 2], autoescape=True
        )  # a number may shorten a long name
        taken = session.scalars(select(Account.login).where(alike))
        return self._username_for(new.given_name, new.family_name, frozenset(taken)) or plain

    def _entitle(self, session: Session, account: Account, application: str, actor: Actor) -> None:
        session.add(Entitlement(account_id=account.id, application=application, granted_at=now()))
        self._record(session, IdpAuditKind.ENTITLEMENT_GRANTED, account, actor, application=application)

    def _changed(
        self, session: Session, kind: IdpAuditKind, account: Account, actor: Actor, *, application: str | None = None
    ) -> None:
        self._record(session, kind, account, actor, application=application)
        bump(session, REVISION, account.id)

    def _record(
        self, session: Session, kind: IdpAuditKind, account: Account, actor: Actor, *, application: str | None = None
    ) -> None:
        entry = AuditEntry(kind=kind, account=account.id, login=account.login, actor=actor, application=application)
        self._audit.record(session, entry)


def _account(account_id: str, new: NewAccount, username: str) -> Account:
    at = now()
    return Account(
        id=account_id,
        login=username,
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


def _locked(session: Session, username: str) -> Account:
    """The account, locked against other writers until the caller's transaction ends."""
    account = session.scalar(select(Account).where(Account.login == as_typed(username)).with_for_update())
    if account is None:
        raise NoSuchAccount(username)
    return account


def _is_proven_by_another(session: Session, new: NewAccount) -> bool:
    if new.national_id is None or new.national_id_proof is Proof.TYPED:
        return False
    proven = select(Account.id).where(Account.national_id == new.national_id, Account.national_id_proof != Proof.TYPED)
    return session.scalar(proven) is not None
