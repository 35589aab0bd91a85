"""The errors of this package, with the code that programs read.

    AccountsError
    ├── AccountProblems              account.refused       every problem of a description at once
    │   └── AssignmentRefused        assignment.refused
    ├── UsernameTaken                login.taken
    ├── NationalIdentifierTaken      national-id.taken
    ├── IdentifierTaken              identifier.taken
    ├── NoSuchAccount                account.unknown
    ├── CardTaken                    card.taken
    ├── NoSuchCard                   card.unknown
    ├── CommunityRefused             community.refused     every problem of a description at once
    ├── CommunityTaken               community.taken
    ├── CommunityHasMembers          community.has-members
    ├── NoSuchCommunity              community.unknown
    ├── OperatorRoleRefused          operator-role.refused
    ├── OperatorNotAllowed           operator.not-allowed, or more precise
    ├── ProvisioningConflict         one code for each conflict
    └── AdministratorExists          administrator.exists

A wrong password and a used link are return values, not exceptions.
"""


class AccountsError(Exception):
    """The base of this package's errors. `code` is for programs."""

    code = "account.refused"


class AccountProblems(AccountsError):
    """The description of an account is not valid; `problems` lists every reason."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


class AssignmentRefused(AccountProblems):
    """The terms of an entitlement or a membership cannot be granted; `problems` lists every reason."""

    code = "assignment.refused"


class UsernameTaken(AccountsError):
    """Another account has, or had, the username."""

    code = "login.taken"


class NationalIdentifierTaken(AccountsError):
    """Another account has this national identifier, and it is proven."""

    code = "national-id.taken"


class IdentifierTaken(AccountsError):
    """Another account has proved that this further identifier is its own."""

    code = "identifier.taken"


class NoSuchAccount(AccountsError):
    """No account has this username."""

    code = "account.unknown"


class CardTaken(AccountsError):
    """The card is bound to another account."""

    code = "card.taken"


class NoSuchCard(AccountsError):
    """No card with this number was ever verified here."""

    code = "card.unknown"


class CommunityRefused(AccountsError):
    """The description of a community is not valid; `problems` lists every reason."""

    code = "community.refused"

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


class CommunityTaken(AccountsError):
    """Another community has the name."""

    code = "community.taken"


class CommunityHasMembers(AccountsError):
    """A community to be removed has another number of members than the caller gave; `members` is the real number."""

    code = "community.has-members"

    def __init__(self, name: str, members: int) -> None:
        super().__init__(name)
        self.members = members


class NoSuchCommunity(AccountsError):
    """No community has this name."""

    code = "community.unknown"


class OperatorRoleRefused(AccountsError):
    """A role that no operator can have; the text says why."""

    code = "operator-role.refused"


class OperatorNotAllowed(AccountsError):
    """The operator may not grant this; the text says what is missing, and the code may be more precise."""

    def __init__(self, text: str, *, code: str = "operator.not-allowed") -> None:
        super().__init__(text)
        self.code = code


class ProvisioningConflict(AccountsError):
    """What enrollment asks for contradicts what the identity provider has; text and code say how."""

    def __init__(self, text: str, *, code: str) -> None:
        super().__init__(text)
        self.code = code


class AdministratorExists(AccountsError):
    """There is an administrator already, who can grant roles."""

    code = "administrator.exists"
