"""Roles of operators that have ended: a job of the same transaction has the tools of operators end their sessions.

Such a tool keeps a session of its own, with the roles of the login, and asks us for nothing until that session ends.
`idp/logout/operator_logout.py` does the job.
"""

from dataclasses import dataclass
from typing import Final

from sqlalchemy.orm import Session

from config.jobs import Jobs

ROLES_ENDED: Final = "operator-roles-ended"
"""The kind of the job. Its payload has the `account`."""


@dataclass(frozen=True, slots=True)
class EndedRoles:
    """Adds these jobs, in the caller's transaction."""

    jobs: Jobs

    def add(self, session: Session, account_id: str) -> None:
        """A role of this account was revoked, or the account was disabled."""
        self.jobs.add(session, ROLES_ENDED, {"account": account_id})
