"""Accounts opened, changed and closed in the transaction of the caller.

Each function takes the caller's database session, so that an account, its username, its entitlements, its national
identifier, its audit lines and its letter are kept together or not at all. Nothing here commits; `service.py` has the
same acts in a transaction of their own. `access.py` changes entitlements and memberships.

A username (the column `login`) is never given to another account: it is unique in
the database, and an account is never deleted.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from config.actor import Actor
from config.audit.trail import Audit, AuditEntry
from config.sql.versioned_cache import bump
from idp.accounts.access import Access, locked_account
from idp.accounts.accounts import REVISION, now
from idp.accounts.assignments import AssignmentTerms
from idp.accounts.attributes import ATTRIBUTES, from_columns, to_columns
from idp.accounts.errors import AccountProblems, NationalIdentifierTaken, UsernameTaken
from idp.accounts.identifiers import Identifier, Identifiers
from idp.accounts.models import Account, IdentifierProof
from idp.accounts.new_account import NewAccount
from idp.accounts.operator_tools import OperatorTools
from idp.accounts.passwords.links import PasswordLinks
from idp.accounts.passwords.passwords import FirstPassword, Passwords, PolicyFaults
from idp.accounts.passwords.policies import PasswordOwner
from idp.accounts.passwords.policy_problems import password_problems
from idp.accounts.snapshot import ACCOUNTS, AcceptedConditions, AccountSnapshot, read_snapshots
from idp.accounts.usernames import LONGEST_USERNAME, recette_username_for, username_for
from idp.audit_kinds import IdpAuditKind

_TRIES_FOR_A_USERNAME = 10


@dataclass(frozen=True, slots=True)
class MailedLink:
    """The person receives a link by e-mail and chooses the first password."""


class Provisioning:
    """The accounts of this installation, to be changed."""

    def __init__(
        self,
        audit: Audit,
        access: Access,
        identifiers: Identifiers,
        passwords: Passwords,
        links: PasswordLinks,
        operator_tools: OperatorTools,
        *,
        test_usernames: bool = False,
    ) -> None:
        """`test_usernames`: usernames are made by the rule of the test base, `j.dupont`."""
        self._audit = audit
        self._access = access
        self._identifiers = identifiers
        self._passwords = passwords
        self._links = links
        self._operator_tools = operator_tools
        self._username_for = recette_username_for if test_usernames else username_for

    def provision(
        self,
        session: Session,
        new: NewAccount,
        *,
        actor: Actor,
        entitlements: Mapping[str, AssignmentTerms] | None = None,
        memberships: Mapping[str, AssignmentTerms] | None = None,
        identifiers: Iterable[Identifier] = (),
        conditions: AcceptedConditions | None = None,
        email_verified_at: datetime | None = None,
        first_password: FirstPassword | MailedLink | None = None,
    ) -> AccountSnapshot:
        """Create an account.

        `entitlements` has the applications it may use, by client identifier, and `memberships` the communities it
        belongs to, by name, each with its terms; `identifiers`, those besides the national one. `conditions` are
        those that the person has accepted already, and `email_verified_at` is when they opened a link mailed to the
        e-mail address of the account, if they did.

        Concurrent creations wait for each other's commit. A username that another writer takes all the same costs
        a SAVEPOINT, not the caller's transaction, which also goes on after any refusal. Hash the first password before
        the transaction begins.

        Raises:
            AccountProblems, AssignmentRefused, NoSuchCommunity, UsernameTaken, NationalIdentifierTaken,
                IdentifierTaken: no account was created.
        """
        if problems := new.problems():
            raise AccountProblems(problems)
        session.flush()  # what the caller has added fails here, and is not taken for a username that is taken
        account_id = uuid4().hex
        bump(session, REVISION, account_id)  # first: its lock makes those who create accounts wait their turn
        with session.begin_nested():  # what is refused further on takes the account with it
            account = self._create(session, account_id, new)
            self._record(session, IdpAuditKind.ACCOUNT_CREATED, account, actor)
            for identifier in identifiers:
                self._identifiers.add(
                    session, account, identifier.kind, identifier.value, identifier.proof, actor=actor
                )
            if conditions is not None:
                _put_conditions(account, conditions)
            if email_verified_at is not None:
                account.email_verified_at = min(email_verified_at, account.created_at)  # clocks of two machines differ
            for application, terms in sorted((entitlements or {}).items()):
                self._access.entitle(session, account, application, terms, actor=actor)
            for community, terms in sorted((memberships or {}).items()):
                self._access.add_member(session, account, community, terms, actor=actor)
            if isinstance(first_password, FirstPassword):
                self._passwords.keep_first(session, account, first_password)
                self._record(session, IdpAuditKind.PASSWORD_SET, account, actor)
            session.flush()
            [snapshot] = read_snapshots(session.connection(), ACCOUNTS.where(Account.id == account.id))
            if isinstance(first_password, MailedLink):
                self._links.mail(session, snapshot, actor=actor)
            return snapshot

    def hash_first_password(self, new: NewAccount, password: str, *, must_change: bool = True) -> FirstPassword:
        """Judge and hash the first password of an account to create. Call it before the transaction: it is slow.

        The operator knows the password, so the person must change it at the first login, unless `must_change` is False.

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

    def change(self, session: Session, username: str, changes: Mapping[str, Any], *, actor: Actor) -> Sequence[str]:
        """Change attributes of the account (`attributes.py`), by their names; None takes an attribute away.

        A new e-mail address is not verified, and what was obtained in the account's name is void: sessions, tokens,
        and links that were mailed to the old address.

        Returns:
            The names of the attributes that changed.

        Raises:
            NoSuchAccount, AccountProblems, NationalIdentifierTaken
        """
        account = locked_account(session, username)
        before = NewAccount(login=account.login, **from_columns(account))
        after = replace(before, **changes)
        if problems := after.problems():
            raise AccountProblems(problems)
        if _is_proven_by_another(session, after, account.id):
            raise NationalIdentifierTaken(after.national_id)
        columns = dict.fromkeys(ATTRIBUTES) | to_columns(after)
        changed = [name for name, value in columns.items() if getattr(account, name) != value]
        try:
            with session.begin_nested():
                for name in changed:
                    setattr(account, name, columns[name])
                if "email" in changed:
                    account.email_verified_at, account.valid_from = None, now()
        except IntegrityError:  # another account has proved the national identifier at this very moment
            raise NationalIdentifierTaken(after.national_id) from None
        if "email" in changed:
            self._operator_tools.end_sessions(session, account.id, at=account.valid_from)
        if changed:
            self._record(session, IdpAuditKind.ACCOUNT_CHANGED, account, actor, {"changed": changed})
            bump(session, REVISION, account.id)
        return changed

    def accept_conditions(self, session: Session, account_id: str, conditions: AcceptedConditions) -> None:
        """Keep that the person has accepted the conditions of use."""
        account = session.get_one(Account, account_id, with_for_update=True)
        _put_conditions(account, conditions)
        detail = {"version": conditions.version, "language": conditions.language}
        self._record(session, IdpAuditKind.CONDITIONS_ACCEPTED, account, None, detail)
        bump(session, REVISION, account.id)

    def disable(self, session: Session, username: str, *, actor: Actor) -> bool:
        """Close the account: what was obtained in its name is void. False when it was closed already.

        The tools of operators end its sessions.
        """
        account = locked_account(session, username)
        if account.disabled_at is not None:
            return False
        account.disabled_at = account.valid_from = now()
        self._operator_tools.end_sessions(session, account.id, at=account.valid_from)
        self._changed(session, IdpAuditKind.ACCOUNT_DISABLED, account, actor)
        return True

    def enable(self, session: Session, username: str, *, actor: Actor) -> bool:
        """Open the account again, with the password it had. False when it was open."""
        account = locked_account(session, username)
        if account.disabled_at is None:
            return False
        account.disabled_at = None
        self._changed(session, IdpAuditKind.ACCOUNT_ENABLED, account, actor)
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
        # Half of it: the number of a homonym may shorten a long name.
        alike = Account.login.startswith(plain[: LONGEST_USERNAME // 2], autoescape=True)
        taken = session.scalars(select(Account.login).where(alike))
        return self._username_for(new.given_name, new.family_name, frozenset(taken)) or plain

    def _changed(self, session: Session, kind: IdpAuditKind, account: Account, actor: Actor) -> None:
        self._record(session, kind, account, actor)
        bump(session, REVISION, account.id)

    def _record(
        self,
        session: Session,
        kind: IdpAuditKind,
        account: Account,
        actor: Actor | None,
        detail: Mapping[str, object] = MappingProxyType({}),
    ) -> None:
        entry = AuditEntry(kind=kind, account=account.id, login=account.login, actor=actor, detail=detail)
        self._audit.record(session, entry)


def _account(account_id: str, new: NewAccount, username: str) -> Account:
    at = now()
    return Account(
        id=account_id,
        login=username,
        created_at=at,
        valid_from=at,
        **to_columns(new),
    )


def _put_conditions(account: Account, conditions: AcceptedConditions) -> None:
    account.conditions_version = conditions.version
    account.conditions_language = conditions.language
    account.conditions_accepted_at = conditions.accepted_at


def _is_proven_by_another(session: Session, new: NewAccount, account_id: str = "") -> bool:
    if new.national_id is None or new.national_id_proof is IdentifierProof.TYPED:
        return False
    proven = select(Account.id).where(
        Account.national_id == new.national_id,
        Account.national_id_proof != IdentifierProof.TYPED,
        Account.id != account_id,
    )
    return session.scalar(proven) is not None
