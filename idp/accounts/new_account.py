"""The description of an account to create, and everything that may be wrong with it."""

from dataclasses import dataclass

from idp.accounts.attributes import AccountAttributes, attribute_problems
from idp.accounts.usernames import is_username, username_for


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAccount(AccountAttributes):
    """The description of an account to create; without a login, one is made from the name."""

    login: str | None = None

    def problems(self) -> list[str]:
        """Everything that keeps this from being an account, one sentence each."""
        problems = attribute_problems(self)
        if self.login is not None and not is_username(self.login):
            problems.append("login: must be lowercase letters, digits, dots or hyphens, 64 at most")
        if self.login is None and username_for(self.given_name, self.family_name, ()) is None:
            problems.append("login: must be given, since none can be made from this name")
        return problems
