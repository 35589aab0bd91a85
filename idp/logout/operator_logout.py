"""The tools of operators are told to end the sessions of an account that has lost a role, or whose logins are void.

They are the applications that receive the attribute `operator_roles`, such as enrollment. OpenID Connect Back-Channel
Logout 1.0, section 2.4: a logout token with a `sub` and without a `sid` ends every session of the person there. Its
`toe` (RFC 8417, section 2.2) is when that happened: a tool that reads it lets a later login go on. Other applications
are told of sessions only, by their `sid`, as their client metadata say.
"""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from config.jobs import Jobs, PermanentFailure
from config.sql.database import Database
from idp.accounts.operator_tools import SESSIONS_END
from idp.accounts.subjects import Subjects
from idp.logout.concurrency import CallLimit
from idp.logout.protocol import SubjectLogoutProtocol
from relying_parties.registry.application import Application
from relying_parties.registry.registry import Registry

JOB: Final = "operator-logout"
MOST_CALLS: Final = 2  # at once, to one application
OPERATOR_ROLES: Final = "operator_roles"


class OperatorLogout:
    """Plans and sends these notifications."""

    def __init__(
        self,
        *,
        database: Database,
        jobs: Jobs,
        registry: Registry,
        subjects: Subjects,
        protocol: SubjectLogoutProtocol,
        retry_for: timedelta,
    ) -> None:
        """`retry_for`: a notification older than this is given up, since the application's own session has expired."""
        self._database = database
        self._jobs = jobs
        self._registry = registry
        self._subjects = subjects
        self._protocol = protocol
        self._retry_for = retry_for
        self._calls = CallLimit(MOST_CALLS)
        jobs.register(SESSIONS_END, self._plan)
        jobs.register(JOB, self._notify)

    def _plan(self, payload: dict[str, Any]) -> None:
        """Add a job for each tool of operators that has been told of the account; each is retried by itself."""
        until = (datetime.now(UTC) + self._retry_for).timestamp()
        found = map(self._registry.by_identifier, self._registry.receiving(OPERATOR_ROLES))
        tools = [
            each.identifier for each in found if each and _is_told(each) and self._subject(payload["account"], each)
        ]
        if not tools:
            return
        with self._database.transaction() as session:
            for identifier in tools:
                planned = {**payload, "application": identifier, "until": until}
                self._jobs.add(session, JOB, planned)

    def _notify(self, payload: dict[str, Any]) -> None:
        """Notify one application.

        Raises:
            NotReached: the job will be retried.
            PermanentFailure: it will not.
            Postponed: the application has enough calls already.
        """
        application = self._registry.by_identifier(payload["application"])
        if application is None or not _is_told(application):
            return
        subject = self._subject(payload["account"], application)
        if subject is None:
            return
        if datetime.now(UTC).timestamp() > payload["until"]:
            raise PermanentFailure("the application's own session has expired by now")
        with self._calls.call(application.identifier):
            self._protocol.notify_of_subject(application, subject, at=payload["at"])

    def _subject(self, account_id: str, application: Application) -> str | None:
        """The subject of the account there; None when the application has never been told of it."""
        return self._subjects.known(account_id, application.oidc_client.sector)


def _is_told(application: Application) -> bool:
    has_back_channel = application.oidc is not None and bool(application.oidc.backchannel_logout_uri)
    return has_back_channel and OPERATOR_ROLES in application.attributes
