"""The one dispatcher: what does this login still lack, and if nothing, what is the answer?

Every step comes back here. `look` gives the first requirement not met, by which
a page is shown, or the `SignIn` that `answer` takes to the application.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime

from config.audit.trail import Audit, AuditKind, Entry
from idp.accounts.accounts import Accounts, Standing
from idp.accounts.subjects import Subjects
from idp.login.request import LoginProtocol, LoginRequest, SignIn
from idp.login.requirements import REQUIREMENTS, Missing, Situation
from idp.sessions.session import Opened
from idp.web.protocol_response import Departure
from relying_parties.registry.policy import Assurance

_SAID_BY_THE_ACCOUNT = frozenset({Missing.CURRENT_PASSWORD, Missing.ENTRY})


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
        accounts: Accounts,
        subjects: Subjects,
        audit: Audit,
        reach: Collection[Assurance],
        password_must_change: Callable[[Standing, datetime], bool],
    ) -> None:
        self._accounts = accounts
        self._subjects = subjects
        self._audit = audit
        self._reach = reach
        self._password_must_change = password_must_change

    def look(
        self,
        request: LoginRequest,
        opened: Opened | None,
        *,
        now: datetime,
        occasion: str | None = None,
        recognised: bool = False,
    ) -> Missing | SignIn:
        """The first requirement not met, or who signs in once none is left.

        `occasion` names the pending login that is to be answered, if there is one; `recognised` says
        that the person of this session has confirmed in it who they are.

        An account is remembered for half a second: before it says no, it is read
        again, or someone who has just changed their password would be asked twice.
        """
        found = self._first_missing(request, opened, now, occasion=occasion, recognised=recognised)
        if found in _SAID_BY_THE_ACCOUNT and opened is not None:
            standing = self._accounts.standing(opened.session.account_id, fresh=True)
            opened = replace(opened, standing=standing) if standing else None
            found = self._first_missing(request, opened, now, occasion=occasion, recognised=recognised)
        return found

    def _first_missing(
        self, request: LoginRequest, opened: Opened | None, now: datetime, *, occasion: str | None, recognised: bool
    ) -> Missing | SignIn:
        subject = self._subject(request, opened)
        situation = Situation(
            request=request,
            session=opened.session if opened else None,
            standing=opened.standing if opened else None,
            subject=subject,
            occasion=occasion,
            recognised=recognised,
            password_must_change=opened is not None and self._password_must_change(opened.standing, now),
            reach=self._reach,
        )
        for requirement in REQUIREMENTS:
            if missing := requirement(situation):
                return missing
        if opened is None or subject is None:
            return Missing.SOMEONE
        return SignIn(standing=opened.standing, session=opened.session, subject=subject)

    def answer(
        self, protocol: LoginProtocol, request: LoginRequest, sign_in: SignIn, visitor: Visitor
    ) -> Departure | None:
        """The protocol's answer, or None when the session has ended meanwhile.

        It is given only once its audit line is durable. Without one nothing leaves, and whoever
        asked may ask again.
        """
        departure = protocol.answer(request, sign_in)
        if departure is not None and request.application is not None:
            session = sign_in.session
            entry = Entry(
                kind=AuditKind.SIGN_IN,
                account=session.account_id,
                application=request.application.identifier,
                session=session.sid,
                method=" ".join(session.authentication.methods),
                detail={"protocol": request.protocol, "known_as": protocol.session_name(request, session)},
                login=sign_in.standing.login,
                address=visitor.address,
                agent=visitor.agent,
            )
            try:
                self._audit.record_now(entry)
            except Exception:  # whatever it was, the answer does not leave
                protocol.take_back(request)
                raise
        return departure

    def _subject(self, request: LoginRequest, opened: Opened | None) -> str | None:
        """The person's identifier for this application: one for the region, or one for its sector."""
        if opened is None:
            return None
        return self._subjects.sub_for(opened.session.account_id, request.sector)
