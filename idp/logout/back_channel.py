"""Back-channel notifications: a job sends each one from our server to the application's server, and retries."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session as DatabaseSession

from config.jobs import Jobs, PermanentFailure
from config.redis.store import fingerprint
from idp.logout.concurrency import CallLimit
from idp.logout.outcomes import Outcomes
from idp.logout.protocol import LogoutChannel, NotReached, Outcome, Protocols
from idp.logout.records import Logout, LogoutTarget, participation_of, participation_record
from relying_parties.registry.registry import Registry

JOB = "logout"
MOST_CALLS = 2  # simultaneous jobs for one application (NOTICES_AT_ONCE are for all applications)


class BackChannel:
    """Schedules and sends notifications."""

    def __init__(
        self, *, jobs: Jobs, outcomes: Outcomes, registry: Registry, protocols: Protocols, retry_for: timedelta
    ) -> None:
        """`retry_for`: a notification older than this is given up, since the application's own session has expired."""
        self._jobs = jobs
        self._outcomes = outcomes
        self._registry = registry
        self._protocols = protocols
        self._retry_for = retry_for
        self._calls = CallLimit(MOST_CALLS)
        jobs.register(JOB, self._notify)

    def schedule(self, session: DatabaseSession, logout: Logout, targets: Sequence[LogoutTarget]) -> None:
        """Add a job for each target, in the caller's transaction."""
        until = (datetime.now(UTC) + self._retry_for).timestamp()
        for target in targets:
            payload = participation_record(target.participation) | {
                "logout": fingerprint(logout.identifier),
                "target": target.number,
                "sid": target.sid,
                "until": until,
            }
            self._jobs.add(session, JOB, payload)

    def _notify(self, payload: dict[str, Any]) -> None:
        """The job: notify one application, and record the outcome.

        Raises:
            NotReached: the job will be retried.
            PermanentFailure: it will not.
            Postponed: the application has enough calls already.
        """
        target = LogoutTarget(
            number=payload["target"],
            sid=payload["sid"],
            participation=participation_of(payload),
            outcome=Outcome.NOTIFYING,
        )
        participation = target.participation
        application = self._registry.by_identifier(participation.identifier)
        protocol = self._protocols(participation.protocol)
        if application is None or protocol is None or protocol.channel(application) is not LogoutChannel.BACK_CHANNEL:
            self._record(payload, target, Outcome.NOT_NOTIFIED)
            return
        if datetime.now(UTC).timestamp() > payload["until"]:
            self._record(payload, target, Outcome.UNCONFIRMED)
            raise PermanentFailure("the application's own session has expired by now")
        try:
            known_as = participation.detail.get("sid", target.sid)
            with self._calls.call(application.identifier):
                confirmed = protocol.notify(application, participation, sid=known_as)
        except NotReached:
            self._outcomes.save(payload["logout"], target, Outcome.RETRYING)
            raise
        self._record(payload, target, Outcome.CLOSED if confirmed else Outcome.UNCONFIRMED)

    def _record(self, payload: dict[str, Any], target: LogoutTarget, outcome: Outcome) -> None:
        self._outcomes.record(payload["logout"], target, outcome, LogoutChannel.BACK_CHANNEL)
