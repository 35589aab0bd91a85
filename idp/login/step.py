"""One step of a pending login, as its pages and its login methods receive it."""

from dataclasses import dataclass

from idp.login.pending import PendingLogin
from idp.login.request import LoginProtocol, LoginRequest
from idp.sessions.session import ActiveSession


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A pending login that this browser may continue, with the browser's session."""

    pending: PendingLogin
    protocol: LoginProtocol
    request: LoginRequest
    active_session: ActiveSession | None
