"""After a successful authentication: a session is opened, or the factor is added to the browser's session."""

from dataclasses import dataclass, replace
from datetime import timedelta

from config.audit.trail import Audit, AuditEntry
from idp.audit_kinds import IdpAuditKind
from idp.login.methods.base import Proof
from idp.logout.single_logout import SingleLogout
from idp.sessions.authentication import Authentication
from idp.sessions.end_reason import EndedBy
from idp.sessions.session import Session, Sessions
from idp.web.client_info import ClientInfo


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """The session after a login, with its new cookie and the username."""

    session: Session
    cookie: str
    login: str


class SessionOpener:
    """Opens sessions, and adds factors to them."""

    def __init__(self, *, sessions: Sessions, logout: SingleLogout, audit: Audit) -> None:
        self._sessions = sessions
        self._logout = logout
        self._audit = audit

    def open(
        self,
        proof: Proof,
        *,
        application: str | None,
        replacing: Session | None,
        client: ClientInfo,
        flow_id: str,
        previous_factors: Authentication | None = None,
        max_lifetime: timedelta | None = None,
    ) -> LoggedIn:
        """Open a session for `proof`, replacing the browser's session `replacing`, with a new cookie.

        If the session is the same person's, its other factors are kept; another person's session ends.
        `previous_factors` are those of a session that the person's own change of password has just ended. `flow_id`
        identifies the login flow. `max_lifetime` shortens the absolute limit of the session.
        """
        if replacing is not None and replacing.account_id != proof.account_id:
            self._logout.begin([replacing], by=EndedBy.ANOTHER_PERSON, client=client, has_browser=False)
            replacing = None
        factor = replace(proof.factor, flow_id=flow_id)
        earlier = replacing.authentication if replacing is not None else previous_factors
        session, cookie = self._sessions.begin(
            proof.account_id,
            Authentication((factor,)) if earlier is None else earlier.with_factor(factor),
            account_valid_from=proof.account_valid_from,
            replacing=replacing,
            max_lifetime=max_lifetime,
            card_presence=proof.card_presence,
        )
        self._audit.record_durably(
            AuditEntry(
                kind=IdpAuditKind.LOGIN_SUCCEEDED,
                account=proof.account_id,
                application=application or None,
                session=session.sid,
                method=" ".join(factor.type.amr),
                login=proof.login,
                address=client.address,
                agent=client.agent,
            )
        )
        return LoggedIn(session, cookie, proof.login)
