"""The one dispatcher: what does this login still lack, and if nothing, what is the answer?

Every step comes back here. `Missing` names the page to show; `Answered` is the
address that takes the person to their application.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime

from config.audit import Audit, AuditKind, Entry
from idp.accounts.accounts import Standing
from idp.accounts.subjects import Subjects
from idp.login.request import LoginProtocol, LoginRequest, SignIn
from idp.login.requirements import REQUIREMENTS, Missing, Situation
from idp.sessions.session import Opened
from relying_parties.policy import Assurance


@dataclass(frozen=True, slots=True)
class Answered:
    """Everything is met: the application is answered at this address."""

    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """Where a request comes from, for the audit trail and the throttles."""

    address: str
    agent: str


class Dispatch:
    """Looks at what is stored and decides what comes next."""

    def __init__(
        self,
        *,
        subjects: Subjects,
        audit: Audit,
        reach: Collection[Assurance],
        password_is_expired: Callable[[Standing, datetime], bool],
    ) -> None:
        self._subjects = subjects
        self._audit = audit
        self._reach = reach
        self._password_is_expired = password_is_expired

    def next(
        self,
        protocol: LoginProtocol,
        request: LoginRequest,
        opened: Opened | None,
        *,
        recognised: bool,
        visitor: Visitor,
        now: datetime,
    ) -> Answered | Missing:
        """The first requirement not met, or the protocol's answer once none is left."""
        subject = self._subject(request, opened)
        situation = Situation(
            request=request,
            session=opened.session if opened else None,
            standing=opened.standing if opened else None,
            subject=subject,
            recognised=recognised,
            password_expired=opened is not None and self._password_is_expired(opened.standing, now),
            reach=self._reach,
            now=now,
        )
        for requirement in REQUIREMENTS:
            if missing := requirement(situation):
                return missing
        if opened is None or subject is None:
            return Missing.SOMEONE
        return self._answer(protocol, request, opened, subject, visitor)

    def _subject(self, request: LoginRequest, opened: Opened | None) -> str | None:
        """The person's identifier for this application: one for the region, or one for its sector."""
        if opened is None:
            return None
        sector = request.application.sector if request.application else ""
        return self._subjects.sub_for(opened.session.account_id, sector)

    def _answer(
        self, protocol: LoginProtocol, request: LoginRequest, opened: Opened, subject: str, visitor: Visitor
    ) -> Answered | Missing:
        """The answer leaves only after its audit line is durable."""
        sign_in = SignIn(standing=opened.standing, session=opened.session, subject=subject)
        url = protocol.answer(request, sign_in)
        if url is None:
            return Missing.SOMEONE
        if request.application is not None:
            authentication = opened.session.authentication
            self._audit.record_now(
                Entry(
                    kind=AuditKind.SIGN_IN,
                    account=opened.session.account_id,
                    application=request.application.client_id,
                    session=opened.session.sid,
                    method=" ".join(authentication.methods),
                    detail={"protocol": request.protocol},
                    login=opened.standing.login,
                    address=visitor.address,
                    agent=visitor.agent,
                )
            )
        return Answered(url)
