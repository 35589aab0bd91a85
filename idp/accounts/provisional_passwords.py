"""The random password that a new account has until its person chooses one, where the region mails passwords."""

import secrets
from dataclasses import dataclass, field
from typing import Final

from idp.accounts.errors import AccountProblems
from idp.accounts.new_account import NewAccount
from idp.accounts.passwords.passwords import FirstPassword
from idp.accounts.provisioning import Provisioning

_LETTERS: Final = "abcdefghijkmnpqrstuvwxyz23456789"  # 32 that are not taken for one another
_GROUPS: Final = 5  # of four: 100 bits
_TRIES: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvisionalPassword:
    """The password for the letter, and its hash for the account."""

    text: str = field(repr=False)
    hashed: FirstPassword


def provisional_password(provisioning: Provisioning, account: NewAccount) -> ProvisionalPassword:
    """A random password that the policy accepts for this account; it must be changed at the first login.

    Raises:
        AccountProblems: the account is invalid, or the policy refuses every random password.
    """
    if problems := account.problems():
        raise AccountProblems(problems)
    for _ in range(_TRIES):
        text = random_password()
        try:
            hashed = provisioning.hash_first_password(account, text, must_change=True)
        except AccountProblems:
            continue  # it has no digit, say: another one
        return ProvisionalPassword(text=text, hashed=hashed)
    raise AccountProblems(["the password policy refuses every random password: tell those who maintain Poterne"])


def random_password() -> str:
    """Five groups of four letters and digits that are not taken for one another: 100 bits."""
    groups = ("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(_GROUPS))
    return "-".join(groups)
