"""Our own pages as something to log in to: they pass the same decision as any application."""

from datetime import datetime
from enum import StrEnum

from idp.login.request import LoginRequest, Refusal, SignIn
from idp.sessions.session import Session
from idp.web.protocol_response import ProtocolResponse, Redirect


class OwnPage(StrEnum):
    """The pages that need a login; the value is the address."""

    SESSION = "/account"


class OwnPages:
    """The login protocol of our own pages: the message is the page's address."""

    name = "own"

    def read(self, page: OwnPage, received_at: datetime) -> LoginRequest:
        return LoginRequest(protocol=self.name, message=page, received_at=received_at, application=None)

    def reload(self, message: str, received_at: datetime) -> LoginRequest | None:
        return self.read(OwnPage(message), received_at) if message in OwnPage.__members__.values() else None

    def answer(self, request: LoginRequest, _sign_in: SignIn) -> ProtocolResponse | None:
        return Redirect(url=request.message)

    def session_name(self, _request: LoginRequest, session: Session) -> str:
        """Our own pages know it by its own."""
        return session.sid

    def revoke(self, _request: LoginRequest) -> None:
        """Nothing was given."""

    def refuse(self, _request: LoginRequest, _refusal: Refusal) -> ProtocolResponse:
        return Redirect(url="/")
