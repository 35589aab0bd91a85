"""What the commands about accounts work with: the accounts, their passwords, and how a password is given.

A password is never an argument of a command, where any process of the machine
and the shell's history would keep it: it comes from a file, from standard
input, or is chosen by the person behind a mailed link.
"""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import click

from config.actor import Actor
from config.audit.trail import AuditEntry
from config.commands import ask_secret
from config.text_files import NotText, text_of
from idp.accounts.accounts import Accounts, AccountSnapshot, NewAccount
from idp.accounts.errors import AccountProblems
from idp.accounts.passwords.links import PasswordLinks
from idp.accounts.passwords.passwords import Changed, HashedPassword, Passwords, PolicyFaults
from idp.accounts.passwords.policies import CEILING, PasswordOwner, PolicyFault
from idp.accounts.usernames import login_for
from idp.audit_kinds import IdpAuditKind

_WHY = {
    PolicyFault.TOO_LONG: f"is longer than {CEILING} characters",
    PolicyFault.TOO_SHORT: "is too short",
    PolicyFault.TOO_SIMPLE: "is too simple: make it longer, or mix more kinds of characters",
    PolicyFault.REPETITIVE: "repeats the same characters too often",
    PolicyFault.COMMON: "is too common: it would soon be guessed",
    PolicyFault.PERSONAL: "contains the person's login, name, e-mail address or identifier",
    PolicyFault.UNPRINTABLE: "contains a character that cannot be typed",
    PolicyFault.REUSED: "has been used for this account before",
}
_LARGEST_PASSWORD_FILE = 4 * CEILING + 2  # UTF-8, and a line end


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountService:
    """Where accounts are opened and closed.

    `find_application` gives the identifier of an application named by its name or
    its identifier.
    """

    accounts: Accounts
    passwords: Passwords
    links: PasswordLinks
    find_application: Callable[[str], str | None]

    def create(self, new: NewAccount, password: str | None, *, actor: Actor, lasting: bool = False) -> AccountSnapshot:
        """Open an account, with a password when one is given; with one that is refused, open none.

        Raises:
            AccountProblems, LoginTaken, NationalIdentifierTaken
        """
        if password is not None:
            bearer = PasswordOwner(
                login=new.login or login_for(new.given_name, new.family_name, ()) or "",
                given_name=new.given_name,
                family_name=new.family_name,
                email=new.email,
                national_id=new.national_id,
            )
            if faults := self.passwords.policy.faults(password, bearer):
                raise AccountProblems([*new.problems(), *_in_words(faults)])
        created = self.accounts.create(new, actor=actor)
        if password is not None:
            self.set_password(created, password, actor=actor, lasting=lasting)
        return created

    def set_password(self, snapshot: AccountSnapshot, password: str, *, actor: Actor, lasting: bool = False) -> None:
        """Give the account this password, to be changed at the next login unless it is lasting.

        Whoever sets it knows it, and it is to be the person's own.

        Raises:
            AccountProblems: the policy refuses it, or someone changed the account at the same moment.
        """
        prepared = self.passwords.prepare(snapshot.account_id, password)
        if isinstance(prepared, PolicyFaults):
            raise AccountProblems(_in_words(prepared.faults))
        entry = AuditEntry(kind=IdpAuditKind.PASSWORD_SET, actor=actor)
        kept = (
            self.passwords.keep(prepared, entry, must_change=not lasting)
            if isinstance(prepared, HashedPassword)
            else None
        )
        if not isinstance(kept, Changed):
            raise AccountProblems(["someone else has just changed the account: try again"])

    def mail_link(self, snapshot: AccountSnapshot, *, actor: Actor) -> None:
        """Mail the person a link to choose the password.

        Raises:
            AccountProblems: the account is disabled, so that the link would open nothing.
        """
        if snapshot.disabled:
            raise AccountProblems(
                [f"{snapshot.login} is disabled, and a link would not work: enable the account first"]
            )
        self.links.mail(snapshot, actor=actor)


class OpensAccountDesk(Protocol):
    """What the `idp` command gives as click's `obj`; opened late, so that `--help` opens nothing."""

    def account_desk(self) -> AccountService: ...


def password_in(file: str) -> str:
    """The password that `file` holds (`-`: standard input), less a last line end."""
    with click.open_file(file, "rb") as source:
        return _decoded(source.read(_LARGEST_PASSWORD_FILE))


def password_from_standard_input() -> str:
    """Asked for at a terminal without showing it, read when another program writes it."""
    if sys.stdin.isatty():
        return ask_secret("Password")
    return password_in("-")


def _decoded(octets: bytes) -> str:
    try:
        return text_of(octets).removesuffix("\n")
    except NotText as wrong:
        raise AccountProblems([f"the password {wrong}"]) from None


def _in_words(faults: Sequence[PolicyFault]) -> list[str]:
    """One sentence each, with the word for programs."""
    return [f"password: {_WHY[fault]} ({fault})" for fault in faults]
