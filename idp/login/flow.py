"""The one dispatcher: what does this login still lack, and if nothing, what is the answer?

Every step comes back here. `next_step` gives the first requirement not met, by which
a page is shown, or the `SignIn` that `answer` takes to the application.
"""

from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import datetime

from config.audit.trail import Audit, AuditEntry, AuditKind
from idp.accounts.accounts import Accounts, AccountSnapshot
from idp.accounts.subjects import Subjects
from idp.login.request import LoginProtocol, LoginRequest, SignIn
from idp.login.requirements import REQUIREMENTS, LoginState, UnmetRequirement
from idp.sessions.session import ActiveSession
from idp.web.client_info import ClientInfo
from idp.web.protocol_response import ProtocolResponse
from relying_parties.registry.policy import AssuranceLevel

_SAID_BY_THE_ACCOUNT = frozenset({UnmetRequirement.CURRENT_PASSWORD, UnmetRequirement.ENTRY})


class Dispatch:
    """Looks at what is stored and decides what comes next."""

    def __init__(
        self,
        *,
        accounts: Accounts,
        subjects: Subjects,
        audit: Audit,
        reachable_levels: Collection[AssuranceLevel],
        password_must_change: Callable[[AccountSnapshot, datetime], bool],
    ) -> None:
        self._accounts = accounts
        self._subjects = subjects
        self._audit = audit
        self._reach = reachable_levels
        self._password_must_change = password_must_change

    def next_step(
        self,
        request: LoginRequest,
        opened: ActiveSession | None,
        *,
        now: datetime,
        occasion: str | None = None,
        recognised: bool = False,
    ) -> UnmetRequirement | SignIn:
        """The first requirement not met, or who signs in once none is left.

        `occasion` names the pending login that is to be answered, if there is one; `recognised` says
        that the person of this session has confirmed in it who they are.

        An account is remembered for half a second: before it says no, it is read
        again, or someone who has just changed their password would be asked twice.
        """
        found = self._first_missing(request, opened, now, occasion=occasion, recognised=recognised)
        if found in _SAID_BY_THE_ACCOUNT and opened is not None:
            snapshot = self._accounts.snapshot(opened.session.account_id, fresh=True)
            opened = replace(opened, snapshot=snapshot) if snapshot else None
            found = self._first_missing(request, opened, now, occasion=occasion, recognised=recognised)
        return found

    def _first_missing(
        self,
        request: LoginRequest,
        opened: ActiveSession | None,
        now: datetime,
        *,
        occasion: str | None,
        recognised: bool,
    ) -> UnmetRequirement | SignIn:
        subject = self._subject(request, opened)
        situation = LoginState(
            request=request,
            session=opened.session if opened else None,
            snapshot=opened.snapshot if opened else None,
            subject=subject,
            occasion=occasion,
            recognised=recognised,
            password_must_change=opened is not None and self._password_must_change(opened.snapshot, now),
            reachable_levels=self._reach,
        )
        for requirement in REQUIREMENTS:
            if missing := requirement(situation):
                return missing
        if opened is None or subject is None:
            return UnmetRequirement.AUTHENTICATION
        return SignIn(snapshot=opened.snapshot, session=opened.session, subject=subject)

    def answer(
        self, protocol: LoginProtocol, request: LoginRequest, sign_in: SignIn, client: ClientInfo
    ) -> ProtocolResponse | None:
        """The protocol's answer, or None when the session has ended meanwhile.

        It is given only once its audit line is durable. Without one nothing leaves, and whoever
        asked may ask again.
        """
        departure = protocol.answer(request, sign_in)
        if departure is not None and request.application is not None:
            session = sign_in.session
            entry = AuditEntry(
                kind=AuditKind.SIGN_IN,
                account=session.account_id,
                application=request.application.identifier,
                session=session.sid,
                method=" ".join(session.authentication.methods),
                detail={"protocol": request.protocol, "known_as": protocol.session_name(request, session)},
                login=sign_in.snapshot.login,
                address=client.address,
                agent=client.agent,
            )
            try:
                self._audit.record_durably(entry)
            except Exception:  # whatever it was, the answer does not leave
                protocol.take_back(request)
                raise
        return departure

    def _subject(self, request: LoginRequest, opened: ActiveSession | None) -> str | None:
        """The person's identifier for this application: one for the region, or one for its sector."""
        if opened is None:
            return None
        return self._subjects.sub_for(opened.session.account_id, request.sector)
