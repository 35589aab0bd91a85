"""Single logout, whichever protocols the applications speak: the session here ends first, then each is told.

By back channel a job tells it, again and again while that may help; by front
channel the person's browser goes there and comes back, one application after the
other. What is known of each is kept (`logout_records.py`) for the page that says it.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from config.audit.trail import Audit, AuditEntry
from config.jobs import Jobs, PermanentFailure
from config.redis.store import fingerprint
from config.sql.database import Database
from idp.audit_kinds import IdpAuditKind
from idp.logout.logout_request import RefusedReturn, ReturnPolicy, ReturnTo
from idp.logout.protocol import FrontChannelRequest, LogoutChannel, LogoutProtocol, NotReached, Outcome
from idp.logout.records import (
    Logout,
    Logouts,
    LogoutTarget,
    new_identifier,
    numbered,
    participation_of,
    participation_record,
)
from idp.logout.waiting import CallsAtOnce, Places
from idp.sessions.end_reason import EndedBy, session_ended
from idp.sessions.session import Participation, Session, Sessions
from idp.web.client_info import ClientInfo
from idp.web.protocol_response import ProtocolResponse
from relying_parties.registry.registry import Registry

JOB = "logout"
MOST_CALLS = 2  # to one application at once, of those that the jobs make (NOTICE_THREADS)
_LOOKED_AT_EVERY = 0.05  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class NextTarget:
    """The next application that the browser goes to."""

    part: LogoutTarget
    departure: ProtocolResponse


class SingleLogout:
    """Ends sessions, and tells the applications they had opened."""

    def __init__(
        self,
        *,
        sessions: Sessions,
        logouts: Logouts,
        registry: Registry,
        protocols: Callable[[str], LogoutProtocol | None],
        database: Database,
        audit: Audit,
        outbox: Jobs,
        told_for: timedelta,
        answers_within: timedelta,
        wait_at_once: int,
    ) -> None:
        """`protocols` gives one by its name.

        `told_for` is how long it is tried to tell an application; `answers_within` how long a page waits for it,
        and `wait_at_once` how many pages do.
        """
        self._sessions = sessions
        self._logouts = logouts
        self._registry = registry
        self._protocols = protocols
        self._database = database
        self._audit = audit
        self._outbox = outbox
        self._told_for = told_for
        self._answers_within = answers_within
        self._places = Places(wait_at_once)
        self._calls = CallsAtOnce(MOST_CALLS)
        outbox.register(JOB, self._tell)

    def begin(
        self,
        sessions: Sequence[Session],
        *,
        by: EndedBy,
        client: ClientInfo,
        login: str | None = None,
        asked_by: str | None = None,
        back: ReturnTo | None = None,
        refused_return: RefusedReturn | None = None,
        languages: tuple[str, ...] = (),
        has_browser: bool = True,
        browser: str = "",
    ) -> Logout:
        """End these sessions, and set about telling their applications.

        `asked_by` is the application that wants it, as `protocol:identifier`. Without a
        browser those that can only be told by one stay untold. `browser` is the one
        whose session the only one is; otherwise whichever opens the logout's page first.
        """
        ended = [(session.sid, participation) for session in sessions for participation in self._sessions.end(session)]
        parts = numbered(
            [
                (sid, participation, self._first_outcome(participation, asked_by, has_browser=has_browser))
                for sid, participation in ended
            ]
        )
        logout = Logout(
            identifier=new_identifier(),
            ended={session.sid: session.secret_fingerprint for session in sessions},
            here=sessions[0].sid if browser else "",
            browser=fingerprint(browser) if browser else "",
            asked_by=asked_by,
            back=back,
            refused_return=refused_return,
            languages=languages,
            parts=parts,
        )
        if back or has_browser:
            self._logouts.keep(logout)
        entries = [
            session_ended(session, by=by, client=client, login=login, application=_identifier_in(asked_by))
            for session in sessions
        ]
        self._write(entries, logout)
        return logout

    def _first_outcome(self, participation: Participation, asked_by: str | None, *, has_browser: bool) -> Outcome:
        """An application that is no longer registered cannot be told, and may still be open all the same."""
        application = self._registry.by_identifier(participation.identifier)
        if application is None:
            return Outcome.UNTOLD
        protocol = self._protocols(participation.protocol)
        way = protocol.way(application) if protocol else LogoutChannel.NONE
        if asked_by == _name(participation):
            return (
                Outcome.TELLING
                if protocol and protocol.tells_who_asks and way is LogoutChannel.BACK_CHANNEL
                else Outcome.CLOSED
            )
        if way is LogoutChannel.FRONT_CHANNEL:
            return Outcome.WAITING if has_browser else Outcome.UNTOLD
        return Outcome.TELLING if way is LogoutChannel.BACK_CHANNEL else Outcome.UNTOLD

    def _write(self, entries: Sequence[AuditEntry], logout: Logout) -> None:
        """The lines of the trail, and the jobs that tell, in one transaction."""
        told = [part for part in logout.parts if part.outcome is Outcome.TELLING]
        if not told:
            for entry in entries:
                self._audit.record_durably(entry)
            return
        until = (datetime.now(UTC) + self._told_for).timestamp()
        with self._database.transaction() as session:
            for entry in entries:
                self._audit.record(session, entry)
            for part in told:
                payload = participation_record(part.participation) | {
                    "logout": fingerprint(logout.identifier),
                    "part": part.number,
                    "sid": part.sid,
                    "until": until,
                }
                self._outbox.add(session, JOB, payload)

    # --- by back channel -----------------------------------------------------------------

    def _tell(self, payload: dict[str, Any]) -> None:
        """The job: tell one application, or say that it will be tried again."""
        part = LogoutTarget(
            number=payload["part"],
            sid=payload["sid"],
            participation=participation_of(payload),
            outcome=Outcome.TELLING,
        )
        participation = part.participation
        application = self._registry.by_identifier(participation.identifier)
        protocol = self._protocols(participation.protocol)
        if application is None or protocol is None or protocol.way(application) is not LogoutChannel.BACK_CHANNEL:
            self._told(payload["logout"], part, Outcome.UNTOLD, LogoutChannel.BACK_CHANNEL)
            return
        if datetime.now(UTC).timestamp() > payload["until"]:
            self._told(payload["logout"], part, Outcome.UNCONFIRMED, LogoutChannel.BACK_CHANNEL)
            raise PermanentFailure("the application's own session is over by now")
        try:
            known_as = participation.detail.get("sid", part.sid)
            with self._calls.to(application.identifier):
                confirmed = protocol.tell(application, participation, sid=known_as)
        except NotReached:
            self._logouts.become(payload["logout"], part, Outcome.RETRYING)
            raise
        self._told(
            payload["logout"], part, Outcome.CLOSED if confirmed else Outcome.UNCONFIRMED, LogoutChannel.BACK_CHANNEL
        )

    def _told(self, key: str, part: LogoutTarget, outcome: Outcome, way: LogoutChannel) -> None:
        self._logouts.become(key, part, outcome)
        self._audit.record_durably(
            AuditEntry(
                kind=IdpAuditKind.LOGOUT_TOLD,
                application=part.participation.identifier,
                session=part.sid,
                detail={"by": way.value, "outcome": outcome.value},
            )
        )

    # --- by front channel ----------------------------------------------------------------

    def find(self, identifier: str, browser: str, cookie: str | None) -> Logout | None:
        """The logout of this address, if it is this browser's; the first browser to open it makes it its own."""
        logout = self._logouts.find(identifier)
        if logout is not None and not logout.browser:
            self._logouts.claim(logout, browser, cookie)
            logout = self._logouts.find(identifier)
        return logout if logout is not None and logout.belongs_to(browser) else None

    def next_front_channel(self, logout: Logout) -> NextTarget | None:
        """The next application to go to; None once there is none left.

        The browser is here again: an application that it was sent to, and that has not
        answered, is not waited for. Its answer is still good if it comes later.
        """
        key = fingerprint(logout.identifier)
        for part in logout.parts:
            if part.outcome is Outcome.ASKED:
                self._told(key, part, Outcome.UNCONFIRMED, LogoutChannel.FRONT_CHANNEL)
        while (waiting := logout.next_with(Outcome.WAITING)) is not None:
            part = waiting
            if part.sid == logout.here and (asking := self._asking(part, logout)) is not None:
                self._logouts.await_answer(asking.message_id, logout, part)
                self._logouts.become(key, part, Outcome.ASKED)
                return NextTarget(part=part, departure=asking.departure)
            self._told(key, part, Outcome.UNTOLD, LogoutChannel.FRONT_CHANNEL)
            logout = self.now(logout)
        return None

    def _asking(self, part: LogoutTarget, logout: Logout) -> FrontChannelRequest | None:
        """What the browser takes there; None when the application has been changed, or cannot be written to."""
        application = self._registry.by_identifier(part.participation.identifier)
        protocol = self._protocols(part.participation.protocol)
        if application is None or protocol is None or protocol.way(application) is not LogoutChannel.FRONT_CHANNEL:
            return None
        try:
            return protocol.ask(application, part.participation, relay_state=logout.identifier)
        except NotReached:
            return None

    def answered(self, message_id: str, *, by: str, confirmed: bool) -> Logout | None:
        """An application has answered the message that a browser took there; the logout that goes on.

        None when nothing waits for this answer from this application, or it came before.
        """
        found = self._logouts.answered(message_id, by=by)
        if found is None:
            return None
        logout, part = found
        outcome = Outcome.CLOSED if confirmed else Outcome.UNCONFIRMED
        self._told(fingerprint(logout.identifier), part, outcome, LogoutChannel.FRONT_CHANNEL)
        return logout

    # --- what has become of it -----------------------------------------------------------

    def await_results(self, logout: Logout) -> Logout:
        """The same with what is known by now, after a moment for those that are just being told.

        The moment holds a thread: so many have one at once, and the one that has waited longest gives way.
        """
        logout = self.now(logout)
        if not logout.next_with(Outcome.TELLING):
            return logout
        until = time.monotonic() + self._answers_within.total_seconds()
        with self._places.one() as given_away:
            while logout.next_with(Outcome.TELLING) and time.monotonic() < until:
                if given_away.wait(_LOOKED_AT_EVERY):
                    break
                logout = self.now(logout)
        return logout

    def departure(self, logout: Logout) -> ProtocolResponse | None:
        """What takes the person back to whoever asked for this logout; a second time too, for a link."""
        if logout.back is None:
            return None
        protocol = self._protocols(logout.back.protocol)
        if protocol is None:
            return None
        application = self._registry.by_identifier(logout.back.identifier)
        return protocol.answer(application, logout.back.asked, complete=is_complete(logout))

    def answers(self, logout: Logout) -> bool:
        """Whether the person goes back by themselves, now: once, so that the page can be read again after it."""
        if logout.back is None or logout.answered or logout.back.going is ReturnPolicy.BY_LINK:
            return False
        return (logout.back.going is ReturnPolicy.ALWAYS or is_complete(logout)) and self._logouts.answer(logout)

    def now(self, logout: Logout) -> Logout:
        """The same, with what is known of its applications by now."""
        return self._logouts.again(logout)


def others(logout: Logout) -> list[LogoutTarget]:
    """The applications besides the one that asked."""
    return [part for part in logout.parts if _name(part.participation) != logout.asked_by]


def is_complete(logout: Logout) -> bool:
    """Whether every other application has confirmed."""
    return all(part.outcome is Outcome.CLOSED for part in others(logout))


def _name(participation: Participation) -> str:
    return f"{participation.protocol}:{participation.identifier}"


def _identifier_in(asked_by: str | None) -> str | None:
    return asked_by.partition(":")[2] if asked_by else None
