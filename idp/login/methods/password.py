"""The first method: login and password.

Counted before it is verified, so that a burst of guesses cannot pass; the same
answer, the same work and the same audit line whether the account exists or not.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from config.audit.trail import Audit, AuditEntry
from config.redis.rate_limits import RetryAfter
from idp.accounts.login_failures import Reason, RefusedLogins
from idp.accounts.login_throttle import Attempt, LoginThrottle
from idp.accounts.passwords.passwords import Passwords, Verified
from idp.audit_kinds import IdpAuditKind
from idp.logout.single_logout import SingleLogout
from idp.sessions.authentication import Authentication, MethodReference
from idp.sessions.end_reason import EndedBy
from idp.sessions.session import Session, Sessions
from idp.web.client_info import ClientInfo
from relying_parties.policy import AssuranceLevel

NAME = "password"
ASSURANCE = AssuranceLevel.PASSWORD


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """The password was right; the value is the new session's cookie."""

    session: Session
    cookie: str
    login: str


@dataclass(frozen=True, slots=True)
class NotLoggedIn:
    """Unknown login, wrong password, disabled account: never said which."""


class PasswordLogin:
    """Opens a session for the right password."""

    def __init__(
        self,
        *,
        throttle: LoginThrottle,
        passwords: Passwords,
        sessions: Sessions,
        logout: SingleLogout,
        refused: RefusedLogins,
        audit: Audit,
    ) -> None:
        self._throttle = throttle
        self._passwords = passwords
        self._sessions = sessions
        self._logout = logout
        self._refused = refused
        self._audit = audit

    def attempt(
        self,
        attempt: Attempt,
        password: str,
        *,
        application: str | None,
        replacing: Session | None,
        client: ClientInfo,
        page: str = "login",
        occasion: str,
        lasting: timedelta | None = None,
    ) -> LoggedIn | NotLoggedIn | RetryAfter:
        """Verify, and open a session in place of the browser's present one.

        `page` is where it was tried, for the audit trail; `lasting` how long the session is good at most;
        `occasion` names the pending login in which it was tried.
        """
        login, reservation = attempt.login, self._throttle.reserve(attempt, is_busy=self._passwords.is_busy)
        if isinstance(reservation, RetryAfter):
            self._tell_refused(Reason.THROTTLED, login, application, client, page)
            return reservation
        verified = self._passwords.verify(login, password)
        if not isinstance(verified, Verified):
            self._tell_refused(Reason.NOT_VERIFIED, login, application, client, page, account=verified.account_id)
            return NotLoggedIn()
        self._throttle.take_back(reservation)
        return self.open(
            verified.account_id,
            login,
            at=verified.at,
            account_valid_from=verified.valid_from,
            application=application,
            replacing=replacing,
            client=client,
            occasion=occasion,
            lasting=lasting,
        )

    def open(
        self,
        account_id: str,
        login: str,
        *,
        at: datetime,
        account_valid_from: datetime,
        application: str | None,
        replacing: Session | None,
        client: ClientInfo,
        occasion: str,
        lasting: timedelta | None = None,
    ) -> LoggedIn:
        """Open a session for someone whose password was verified at that instant."""
        authentication = Authentication(
            assurance=ASSURANCE, methods=(MethodReference.PASSWORD,), at=at, occasion=occasion
        )
        if replacing is not None and replacing.account_id != account_id:
            self._logout.begin([replacing], by=EndedBy.ANOTHER_PERSON, client=client, has_browser=False)
            replacing = None
        session, cookie = self._sessions.begin(
            account_id, authentication, account_valid_from=account_valid_from, replacing=replacing, lasting=lasting
        )
        self._audit.record_durably(
            AuditEntry(
                kind=IdpAuditKind.LOGIN_SUCCEEDED,
                account=account_id,
                application=application or None,
                session=session.sid,
                method=MethodReference.PASSWORD,
                login=login,
                address=client.address,
                agent=client.agent,
            )
        )
        return LoggedIn(session, cookie, login)

    def _tell_refused(
        self,
        reason: Reason,
        login: str,
        application: str | None,
        client: ClientInfo,
        page: str,
        *,
        account: str | None = None,
    ) -> None:
        self._refused.tell(
            reason,
            login=login,
            account=account,
            address=client.address,
            agent=client.agent,
            page=page,
            application=application,
        )
