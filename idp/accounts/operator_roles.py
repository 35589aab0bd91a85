"""The roles of operators: what each lets its holder do, and for which community or application.

Who holds one is changed in `operators.py`, and known from an `AccountSnapshot`.
"""

from dataclasses import dataclass
from enum import StrEnum


class OperatorRoleName(StrEnum):
    """What an operator may do: decide on requests, change everything, or read everything and change nothing."""

    APPROVER = "approver"
    ADMINISTRATOR = "administrator"
    AUDITOR = "auditor"


@dataclass(frozen=True, slots=True, order=True)
class HeldRole:
    """A role with its scope: empty for everything, `community:NAME` or `application:CLIENT_ID`.

    Only an approver's role has a scope: an administrator and an auditor have to do with the whole installation.
    """

    role: OperatorRoleName
    scope: str = ""

    def __str__(self) -> str:
        """As it is released to applications: `administrator`, `approver:community:onco-centre`."""
        return f"{self.role}:{self.scope}" if self.scope else str(self.role)

    def approves(self, scope: str) -> bool:
        """Whether the holder decides on requests for what `scope` names."""
        if self.role is OperatorRoleName.ADMINISTRATOR:
            return True
        return self.role is OperatorRoleName.APPROVER and self.scope in ("", scope)


def community_scope(name: str) -> str:
    return f"community:{name}"


def application_scope(client_id: str) -> str:
    return f"application:{client_id}"
