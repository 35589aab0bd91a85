"""The engine of single logout: it ends the sessions here first, then has every application notified.

Applications with a back channel are notified by jobs (`back_channel.py`), the others by the browser
(`front_channel.py`). The outcome for each is recorded for the page that reports it (`records.py`).
"""

import time
from collections.abc import Sequence
from datetime import timedelta

from config.audit.trail import Audit, AuditEntry
from config.redis.store import fingerprint
from config.sql.database import Database
from idp.logout.back_channel import BackChannel
from idp.logout.concurrency import WaitingSlots
from idp.logout.front_channel import FrontChannel
from idp.logout.logout_request import RefusedReturn, ReturnPolicy, ReturnTo
from idp.logout.protocol import LogoutChannel, Outcome, Protocols
from idp.logout.records import Logout, Logouts, LogoutTarget, new_identifier, numbered
from idp.sessions.end_reason import EndedBy, session_ended
from idp.sessions.participation import Participation
from idp.sessions.session import Session, Sessions
from idp.web.client_info import ClientInfo
from idp.web.protocol_response import ProtocolResponse
from relying_parties.registry.registry import Registry

_POLL_INTERVAL = 0.05  # seconds


class SingleLogout:
    """Ends sessions, and notifies the applications that they had opened."""

    def __init__(
        self,
        *,
        sessions: Sessions,
        logouts: Logouts,
        registry: Registry,
        protocols: Protocols,
        database: Database,
        audit: Audit,
        back_channel: BackChannel,
        front_channel: FrontChannel,
        response_timeout: timedelta,
        max_waiting: int,
    ) -> None:
        """`response_timeout`: how long a page waits for notifications. `max_waiting`: how many pages wait at once."""
        self._sessions = sessions
        self._logouts = logouts
        self._registry = registry
        self._protocols = protocols
        self._database = database
        self._audit = audit
        self._back_channel = back_channel
        self.front_channel = front_channel
        self._response_timeout = response_timeout
        self._slots = WaitingSlots(max_waiting)

    def begin(
        self,
        sessions: Sequence[Session],
        *,
        by: EndedBy,
        client: ClientInfo,
        login: str | None = None,
        initiator: str | None = None,
        return_to: ReturnTo | None = None,
        refused_return: RefusedReturn | None = None,
        languages: tuple[str, ...] = (),
        has_browser: bool = True,
        browser: str = "",
    ) -> Logout:
        """End these sessions, and begin to notify their applications.

        `initiator` is the application that requested the logout, as `protocol:identifier`. Without a browser,
        applications that have only the front channel are not notified. `browser` is the browser of the only session;
        without it, the logout belongs to the first browser that opens its page.
        """
        ended = [(session.sid, participation) for session in sessions for participation in self._sessions.end(session)]
        targets = numbered(
            [
                (sid, participation, self._first_outcome(participation, initiator, has_browser=has_browser))
                for sid, participation in ended
            ]
        )
        logout = Logout(
            identifier=new_identifier(),
            ended={session.sid: session.secret_fingerprint for session in sessions},
            browser_sid=sessions[0].sid if browser else "",
            browser=fingerprint(browser) if browser else "",
            initiator=initiator,
            return_to=return_to,
            refused_return=refused_return,
            languages=languages,
            targets=targets,
        )
        if return_to or has_browser:
            self._logouts.save(logout)
        entries = [
            session_ended(session, by=by, client=client, login=login, application=_identifier_in(initiator))
            for session in sessions
        ]
        self._write(entries, logout)
        return logout

    def _first_outcome(self, participation: Participation, initiator: str | None, *, has_browser: bool) -> Outcome:
        """An application that is no longer registered cannot be notified, and may still be open."""
        application = self._registry.by_identifier(participation.identifier)
        if application is None:
            return Outcome.NOT_NOTIFIED
        protocol = self._protocols(participation.protocol)
        channel = protocol.channel(application) if protocol else LogoutChannel.NONE
        if initiator == _name(participation):
            is_notified = protocol and protocol.notifies_initiator and channel is LogoutChannel.BACK_CHANNEL
            return Outcome.NOTIFYING if is_notified else Outcome.CLOSED
        if channel is LogoutChannel.FRONT_CHANNEL:
            return Outcome.WAITING if has_browser else Outcome.NOT_NOTIFIED
        return Outcome.NOTIFYING if channel is LogoutChannel.BACK_CHANNEL else Outcome.NOT_NOTIFIED

    def _write(self, entries: Sequence[AuditEntry], logout: Logout) -> None:
        """Write the audit lines and the back-channel jobs in one transaction."""
        targets = [target for target in logout.targets if target.outcome is Outcome.NOTIFYING]
        if not targets:
            for entry in entries:
                self._audit.record_durably(entry)
            return
        with self._database.transaction() as session:
            for entry in entries:
                self._audit.record(session, entry)
            self._back_channel.schedule(session, logout, targets)

    def find(self, identifier: str, browser: str, cookie: str | None) -> Logout | None:
        """The logout with this identifier, if it belongs to `browser`; the first browser that opens it claims it."""
        logout = self._logouts.find(identifier)
        if logout is not None and not logout.browser:
            self._logouts.claim(logout, browser, cookie)
            logout = self._logouts.find(identifier)
        return logout if logout is not None and logout.belongs_to(browser) else None

    def reload(self, logout: Logout) -> Logout:
        """The logout with its current outcomes."""
        return self._logouts.reload(logout)

    def await_results(self, logout: Logout) -> Logout:
        """The logout with its current outcomes, after a short wait for applications that are being notified.

        The wait holds a thread, so few pages wait at once: one page more ends the longest wait.
        """
        logout = self.reload(logout)
        if not logout.first_with(Outcome.NOTIFYING):
            return logout
        until = time.monotonic() + self._response_timeout.total_seconds()
        with self._slots.slot() as taken:
            while logout.first_with(Outcome.NOTIFYING) and time.monotonic() < until:
                if taken.wait(_POLL_INTERVAL):
                    break
                logout = self.reload(logout)
        return logout

    def initiator_response(self, logout: Logout) -> ProtocolResponse | None:
        """The response that takes the browser back to the initiator. It is the same each time, for the page's link."""
        if logout.return_to is None:
            return None
        protocol = self._protocols(logout.return_to.protocol)
        if protocol is None:
            return None
        application = self._registry.by_identifier(logout.return_to.identifier)
        return protocol.answer(application, logout.return_to.request, complete=is_complete(logout))

    def returns_now(self, logout: Logout) -> bool:
        """Whether the browser returns to the initiator by itself: true once, so that the page can be read later."""
        if logout.return_to is None or logout.answered or logout.return_to.policy is ReturnPolicy.BY_LINK:
            return False
        is_due = logout.return_to.policy is ReturnPolicy.ALWAYS or is_complete(logout)
        return is_due and self._logouts.mark_answered(logout)


def other_targets(logout: Logout) -> list[LogoutTarget]:
    """The applications other than the initiator."""
    return [target for target in logout.targets if _name(target.participation) != logout.initiator]


def is_complete(logout: Logout) -> bool:
    """Whether every application other than the initiator has confirmed."""
    return all(target.outcome is Outcome.CLOSED for target in other_targets(logout))


def _name(participation: Participation) -> str:
    return f"{participation.protocol}:{participation.identifier}"


def _identifier_in(initiator: str | None) -> str | None:
    return initiator.partition(":")[2] if initiator else None
