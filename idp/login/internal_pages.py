"""Internal pages as something to log in to: they pass the same decision as any application."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from idp.login.request import LoginRequest, Refusal, SignIn
from idp.sessions.session import Session
from idp.web.protocol_response import ProtocolResponse, Redirect


class OwnPage(StrEnum):
    """The pages that need a login; the value is the address."""

    SESSION = "/account"


@dataclass(frozen=True, slots=True, kw_only=True)
class InternalPageRequest(LoginRequest):
    """A person asks for an internal page."""

    page: OwnPage

    def serialized(self) -> str:
        return self.page


class OwnPages:
    """The login protocol of the internal pages."""

    name = "own"

    def read(self, page: OwnPage, received_at: datetime) -> InternalPageRequest:
        return InternalPageRequest(protocol=self.name, page=page, received_at=received_at, application=None)

    def reload(self, serialized: str, received_at: datetime) -> InternalPageRequest | None:
        if serialized not in OwnPage.__members__.values():
            return None
        return self.read(OwnPage(serialized), received_at)

    def answer(self, request: LoginRequest, _sign_in: SignIn) -> ProtocolResponse | None:
        assert isinstance(request, InternalPageRequest)  # noqa: S101 - what `read` gave
        return Redirect(url=request.page)

    def session_name(self, _request: LoginRequest, session: Session) -> str:
        """Internal pages know a session by its own identifier."""
        return session.sid

    def revoke(self, _request: LoginRequest) -> None:
        """An address gives nothing away."""

    def refuse(self, _request: LoginRequest, _refusal: Refusal) -> ProtocolResponse:
        return Redirect(url="/")
