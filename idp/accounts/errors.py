"""What an operator can ask of accounts that cannot be done.

    AccountsError
    ├── AccountProblems              account.refused       every problem of a description at once
    ├── UsernameTaken                   login.taken
    ├── NationalIdentifierTaken      national-id.taken
    └── NoSuchAccount                account.unknown

What a person can get wrong (a password, a spent link) is a return value, not here.
"""


class AccountsError(Exception):
    """Base of what this package refuses; `code` is the machine's word for it."""

    code = "account.refused"


class AccountProblems(AccountsError):
    """An account described in a way that cannot be kept; `problems` lists every reason."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


class UsernameTaken(AccountsError):
    """The login belongs, or once belonged, to someone else: logins are never given twice."""

    code = "login.taken"


class NationalIdentifierTaken(AccountsError):
    """Another account has proved that this national identifier is its own."""

    code = "national-id.taken"


class NoSuchAccount(AccountsError):
    """No account has this login."""

    code = "account.unknown"
