"""The internal pages as a login protocol: they pass the same decision as an application."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from idp.login.request import LoginRequest, Refusal, SignIn
from idp.sessions.session import Session
from idp.web.protocol_response import ProtocolResponse, Redirect
from relying_parties.policy import AssuranceLevel


@dataclass(frozen=True, slots=True, kw_only=True)
class InternalPage:
    """A page of the identity provider that needs a login: its lowest assurance, and the operator role it needs."""

    path: str
    assurance: AssuranceLevel = AssuranceLevel.PASSWORD
    role: str | None = None


ACCOUNT: Final = InternalPage(path="/account")
PROFILE: Final = InternalPage(path="/account/profile")
PAGES: Final = {page.path: page for page in (ACCOUNT, PROFILE)}


@dataclass(frozen=True, slots=True, kw_only=True)
class InternalPageRequest(LoginRequest):
    """A request for an internal page."""

    page: InternalPage

    def serialized(self) -> str:
        return self.page.path


class InternalPages:
    """The login protocol of the internal pages."""

    name = "internal"

    def read(self, page: InternalPage, received_at: datetime) -> InternalPageRequest:
        return InternalPageRequest(
            protocol=self.name,
            page=page,
            received_at=received_at,
            application=None,
            essential_assurance=page.assurance,
            required_role=page.role,
        )

    def reload(self, serialized: str, received_at: datetime) -> InternalPageRequest | None:
        page = PAGES.get(serialized)
        return None if page is None else self.read(page, received_at)

    def answer(self, request: LoginRequest, _sign_in: SignIn) -> ProtocolResponse | None:
        assert isinstance(request, InternalPageRequest)  # noqa: S101 - what `read` gave
        return Redirect(url=request.page.path)

    def session_name(self, _request: LoginRequest, session: Session) -> str:
        """Internal pages use the identifier of the session itself."""
        return session.sid

    def revoke(self, _request: LoginRequest) -> None:
        """Nothing to revoke: the response is only an address."""

    def refuse(self, _request: LoginRequest, _refusal: Refusal) -> ProtocolResponse:
        return Redirect(url="/")
