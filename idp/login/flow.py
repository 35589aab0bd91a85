"""The decision about a login request: answer it, refuse it, or show a page.

The endpoints of both protocols, the ECP endpoint, the login pages and the internal pages all call
`LoginFlow.decide`. It checks the requirements in order. When all are met, the protocol makes the answer, and the
audit line is written before the answer is sent.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from config.audit.trail import Audit, AuditEntry
from config.redis.store import StoreUnavailable
from config.sql.database import DatabaseUnavailable
from idp.accounts.accounts import Accounts
from idp.accounts.snapshot import AccountSnapshot
from idp.accounts.subjects import Subjects
from idp.audit_kinds import IdpAuditKind
from idp.login.methods.offered import LoginMethods
from idp.login.pending import PendingLogin, PendingLogins, StartAgainReason
from idp.login.request import LoginProtocol, LoginRequest, SignIn
from idp.login.requirements import REQUIREMENTS, LoginState, UnmetRequirement, recent_factors
from idp.login.step import Step
from idp.sessions.session import ActiveSession
from idp.web.client_info import ClientInfo
from idp.web.protocol_response import ProtocolResponse
from idp.web.untrusted_request import UntrustedRequest

_DEPEND_ON_THE_ACCOUNT = frozenset(
    {UnmetRequirement.CURRENT_PASSWORD, UnmetRequirement.CONDITIONS, UnmetRequirement.ENTRY}
)


@dataclass(frozen=True, slots=True)
class Answer:
    """Every requirement is met: `response` takes the browser back to the application with the person's identity."""

    response: ProtocolResponse


@dataclass(frozen=True, slots=True)
class Refuse:
    """A requirement is not met, and the request forbids a page: the application receives an error response."""

    requirement: UnmetRequirement


@dataclass(frozen=True, slots=True)
class ShowPage:
    """A requirement is not met: show its page."""

    requirement: UnmetRequirement


@dataclass(frozen=True, slots=True)
class StartAgain:
    """The pending login, or its request in another pending login, was answered already."""

    reason: StartAgainReason


Decision = Answer | Refuse | ShowPage | StartAgain


class LoginFlow:
    """Makes the decision."""

    def __init__(
        self,
        *,
        accounts: Accounts,
        subjects: Subjects,
        audit: Audit,
        pendings: PendingLogins,
        methods: LoginMethods,
        password_must_change: Callable[[AccountSnapshot, datetime], bool],
        conditions_version: str | None,
    ) -> None:
        self._accounts = accounts
        self._subjects = subjects
        self._audit = audit
        self._pendings = pendings
        self._methods = methods
        self._password_must_change = password_must_change
        self._conditions_version = conditions_version

    def decide(
        self,
        protocol: LoginProtocol,
        request: LoginRequest,
        session: ActiveSession | None,
        client: ClientInfo,
        *,
        pending: PendingLogin | None = None,
        flow_id: str | None = None,
    ) -> Decision:
        """Answer `request`, refuse it, or name the requirement whose page to show.

        `session` is the browser's session. `pending` is the pending login that holds the request, which is answered
        or refused at most once. Without one, `flow_id` may identify the login flow.

        When the session ends while the answer is made, the decision is the one without a session.
        """
        found = self._evaluate(protocol, request, session, pending=pending, flow_id=flow_id)
        if isinstance(found, SignIn):
            answered = self._answer(protocol, request, found, client, pending)
            if answered is not None:
                return answered
            found = UnmetRequirement.AUTHENTICATION
        if not request.passive:
            return ShowPage(found)
        if pending is not None and not self._pendings.mark_answered(pending):
            return StartAgain(StartAgainReason.USED)
        return Refuse(found)

    def is_unmet(self, requirement: UnmetRequirement, step: Step) -> bool:
        """Whether `requirement` is what a pending login waits for."""
        found = self._evaluate(step.protocol, step.request, step.active_session, pending=step.pending, flow_id=None)
        return found is requirement

    # --- the requirements --------------------------------------------------------------

    def _evaluate(
        self,
        protocol: LoginProtocol,
        request: LoginRequest,
        session: ActiveSession | None,
        *,
        pending: PendingLogin | None,
        flow_id: str | None,
    ) -> UnmetRequirement | SignIn:
        """The first requirement not met, or the sign-in that meets them all.

        Account snapshots are cached for half a second. Before a requirement of the account refuses, the
        account is read again: a person who has just changed their password need not change it again.
        """
        if pending is not None:
            flow_id = pending.flow_id
        found = self._first_unmet(protocol, request, session, pending=pending, flow_id=flow_id)
        depends_on_account = isinstance(found, UnmetRequirement) and found in _DEPEND_ON_THE_ACCOUNT
        if depends_on_account and session is not None:
            snapshot = self._accounts.snapshot(session.session.account_id, fresh=True)
            session = replace(session, snapshot=snapshot) if snapshot else None
            found = self._first_unmet(protocol, request, session, pending=pending, flow_id=flow_id)
        return found

    def _first_unmet(
        self,
        protocol: LoginProtocol,
        request: LoginRequest,
        session: ActiveSession | None,
        *,
        pending: PendingLogin | None,
        flow_id: str | None,
    ) -> UnmetRequirement | SignIn:
        subject = self._subject(request, session)
        authentication = recent_factors(session.session, request, flow_id=flow_id) if session else None
        sid, now = session.session.sid if session else None, datetime.now(UTC)
        state = LoginState(
            request=request,
            session=session.session if session else None,
            snapshot=session.snapshot if session else None,
            authentication=authentication,
            subject=subject,
            flow_id=flow_id,
            identity_confirmed=pending is not None and pending.confirmed_sid == sid,
            assurance_declined=pending is not None and pending.declined_sid == sid,
            password_must_change=session is not None and self._password_must_change(session.snapshot, now),
            conditions_version=self._conditions_version,
            methods=self._methods,
            now=now,
        )
        for requirement in REQUIREMENTS:
            if unmet := requirement(state):
                return unmet
        if session is None or subject is None or authentication is None:
            return UnmetRequirement.AUTHENTICATION
        return SignIn(
            snapshot=session.snapshot,
            session=session.session,
            authentication=authentication,
            subject=subject,
            session_name=protocol.session_name(request, session.session),
        )

    def _subject(self, request: LoginRequest, session: ActiveSession | None) -> str | None:
        """The person's identifier for this application: one for the region, or one for its sector."""
        if session is None:
            return None
        return self._subjects.sub_for(session.session.account_id, request.sector)

    # --- the answer --------------------------------------------------------------------

    def _answer(
        self,
        protocol: LoginProtocol,
        request: LoginRequest,
        sign_in: SignIn,
        client: ClientInfo,
        pending: PendingLogin | None,
    ) -> Answer | StartAgain | None:
        """The protocol's answer; None when the session ended meanwhile, and the pending login goes on."""
        if pending is None:
            response = self._recorded_answer(protocol, request, sign_in, client)
            return None if response is None else Answer(response)
        if not self._pendings.mark_answered(pending):
            return StartAgain(StartAgainReason.USED)
        try:
            response = self._recorded_answer(protocol, request, sign_in, client)
        except (StoreUnavailable, DatabaseUnavailable):
            with suppress(StoreUnavailable):
                self._pendings.reopen(pending)
            raise
        except UntrustedRequest:  # another login answered the same request: SAML Profiles, section 4.1.4.5
            return StartAgain(StartAgainReason.USED)
        if response is None:
            self._pendings.reopen(pending)
            return None
        return Answer(response)

    def _recorded_answer(
        self, protocol: LoginProtocol, request: LoginRequest, sign_in: SignIn, client: ClientInfo
    ) -> ProtocolResponse | None:
        """The protocol's answer, once its audit line is durable. Without that line no answer leaves."""
        response = protocol.answer(request, sign_in)
        if response is not None and request.application is not None:
            session = sign_in.session
            entry = AuditEntry(
                kind=IdpAuditKind.SIGN_IN,
                account=session.account_id,
                application=request.application.identifier,
                session=session.sid,
                method=" ".join(sign_in.authentication.amr),
                detail={"protocol": request.protocol, "known_as": sign_in.session_name},
                login=sign_in.snapshot.login,
                address=client.address,
                agent=client.agent,
            )
            try:
                self._audit.record_durably(entry)
            except Exception:  # whatever the failure, the answer is revoked
                protocol.revoke(request)
                raise
        return response
