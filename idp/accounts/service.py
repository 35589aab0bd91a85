"""The acts of an operator on accounts, each in a transaction of its own: for commands and pages.

An act that is part of a larger transaction calls `provisioning.py` or `access.py` with its database session.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from config.actor import Actor
from config.audit.trail import AuditEntry
from config.sql.database import Database
from idp.accounts.access import Access, locked_account
from idp.accounts.accounts import Accounts
from idp.accounts.assignments import UNLIMITED, AssignmentTerms
from idp.accounts.errors import AccountProblems
from idp.accounts.identifiers import Identifiers
from idp.accounts.models import IdentifierKind, IdentifierProof
from idp.accounts.new_account import NewAccount
from idp.accounts.passwords.links import PasswordLinks
from idp.accounts.passwords.passwords import Changed, FirstPassword, HashedPassword, Passwords, PolicyFaults
from idp.accounts.passwords.policy_problems import password_problems
from idp.accounts.provisioning import MailedLink, Provisioning
from idp.accounts.snapshot import AcceptedConditions, AccountSnapshot
from idp.audit_kinds import IdpAuditKind


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountService:
    """Opens, closes and changes accounts."""

    database: Database
    accounts: Accounts
    provisioning: Provisioning
    access: Access
    identifiers: Identifiers
    passwords: Passwords
    links: PasswordLinks

    def create(
        self,
        new: NewAccount,
        *,
        actor: Actor,
        entitlements: Mapping[str, AssignmentTerms] | None = None,
        memberships: Mapping[str, AssignmentTerms] | None = None,
        first_password: FirstPassword | MailedLink | None = None,
    ) -> AccountSnapshot:
        """Create an account.

        Raises:
            AccountProblems, AssignmentRefused, NoSuchCommunity, UsernameTaken, NationalIdentifierTaken: nothing was
                kept.
        """
        with self.database.transaction() as session:
            return self.provisioning.provision(
                session,
                new,
                actor=actor,
                entitlements=entitlements,
                memberships=memberships,
                first_password=first_password,
            )

    def change(self, username: str, changes: Mapping[str, Any], *, actor: Actor) -> Sequence[str]:
        """Change attributes of the account; None takes one away.

        Returns:
            The names of the attributes that changed.

        Raises:
            NoSuchAccount, AccountProblems, NationalIdentifierTaken
        """
        with self.database.transaction() as session:
            return self.provisioning.change(session, username, changes, actor=actor)

    def add_identifier(
        self, username: str, kind: IdentifierKind, value: str, proof: IdentifierProof, *, actor: Actor
    ) -> bool:
        """Add a further identifier, or a better proof of it. False when the account has it already, as well proven.

        Raises:
            NoSuchAccount, AccountProblems, IdentifierTaken
        """
        with self.database.transaction() as session:
            account = locked_account(session, username)
            return self.identifiers.add(session, account, kind, value, proof, actor=actor)

    def remove_identifier(self, username: str, kind: IdentifierKind, value: str, *, actor: Actor) -> bool:
        """Take a further identifier away. False when the account does not have it.

        Raises:
            NoSuchAccount, AccountProblems
        """
        with self.database.transaction() as session:
            account = locked_account(session, username)
            return self.identifiers.remove(session, account, kind, value, actor=actor)

    def accept_conditions(self, account_id: str, conditions: AcceptedConditions) -> None:
        """Keep that the person has accepted the conditions of use."""
        with self.database.transaction() as session:
            self.provisioning.accept_conditions(session, account_id, conditions)

    def disable(self, username: str, *, actor: Actor) -> bool:
        """Close the account. False when it was closed already."""
        with self.database.transaction() as session:
            return self.provisioning.disable(session, username, actor=actor)

    def enable(self, username: str, *, actor: Actor) -> bool:
        """Open the account again. False when it was open."""
        with self.database.transaction() as session:
            return self.provisioning.enable(session, username, actor=actor)

    def grant(self, username: str, application: str, *, actor: Actor, terms: AssignmentTerms = UNLIMITED) -> bool:
        """Let the account use an application by these terms. False when it had them already.

        Raises:
            NoSuchAccount, AssignmentRefused
        """
        with self.database.transaction() as session:
            return self.access.grant(session, username, application, actor=actor, terms=terms)

    def withdraw(self, username: str, application: str, *, actor: Actor) -> bool:
        """Stop the account from using an application. False when it had no entitlement to it."""
        with self.database.transaction() as session:
            return self.access.withdraw(session, username, application, actor=actor)

    def join(self, username: str, community: str, *, actor: Actor, terms: AssignmentTerms = UNLIMITED) -> bool:
        """Make the account a member of a community by these terms. False when it was one already, by the same terms.

        Raises:
            NoSuchAccount, NoSuchCommunity, AssignmentRefused
        """
        with self.database.transaction() as session:
            return self.access.join(session, username, community, actor=actor, terms=terms)

    def leave(self, username: str, community: str, *, actor: Actor) -> bool:
        """End the account's membership of a community. False when it was not a member."""
        with self.database.transaction() as session:
            return self.access.leave(session, username, community, actor=actor)

    def set_password(self, snapshot: AccountSnapshot, password: str, *, actor: Actor, must_change: bool = True) -> None:
        """Replace the account's password.

        The operator knows this password, so the person must change it at the next login, unless `must_change` is False.

        Raises:
            AccountProblems: the policy refuses it, or another change of the account came first.
        """
        prepared = self.passwords.prepare(snapshot.account_id, password)
        if isinstance(prepared, PolicyFaults):
            raise AccountProblems(password_problems(prepared.faults))
        if isinstance(prepared, HashedPassword):
            entry = AuditEntry(kind=IdpAuditKind.PASSWORD_SET, actor=actor)
            with self.database.transaction() as session:
                kept = self.passwords.keep(session, prepared, entry, must_change=must_change)
            if isinstance(kept, Changed):
                return
        raise AccountProblems(["the account was changed at the same time: try again"])

    def mail_link(self, snapshot: AccountSnapshot, *, actor: Actor) -> None:
        """E-mail the person a link to choose the password.

        Raises:
            AccountProblems: the account is disabled, so that the link would not work.
        """
        if snapshot.disabled:
            raise AccountProblems(
                [f"{snapshot.login} is disabled, and a link would not work: enable the account first"]
            )
        with self.database.transaction() as session:
            self.links.mail(session, snapshot, actor=actor)
