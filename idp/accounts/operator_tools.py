"""The tools of operators keep sessions of their own: a job of the same transaction has them end those of an account.

Such a tool keeps the roles that a login has given it, and does not ask for them again until its session ends.
`idp/logout/operator_logout.py` does the job.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from config.jobs import Jobs

SESSIONS_END: Final = "operator-sessions-end"
"""The kind of the job. Its payload has the `account`, and `at` in seconds."""


@dataclass(frozen=True, slots=True)
class OperatorTools:
    """Adds these jobs, in the caller's transaction."""

    jobs: Jobs

    def end_sessions(self, session: Session, account_id: str, *, at: datetime) -> None:
        """End the sessions of logins up to `at`, in whole seconds: a role was revoked then, or the account's logins."""
        self.jobs.add(session, SESSIONS_END, {"account": account_id, "at": int(at.timestamp())})
