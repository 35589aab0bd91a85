"""The pages of a logout, one dataclass each."""

from dataclasses import dataclass, field
from typing import ClassVar

from config.web.addresses import web_address
from config.web.pages import Page
from idp.logout.logout_request import RefusedReturn
from idp.logout.protocol import Outcome
from idp.web.application_summary import ApplicationOnPage
from idp.web.protocol_response import ProtocolResponse, Redirect


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmLogoutPage(Page):
    """The question whether to log out, for a request that does not prove that it means the browser's session.

    Without a `display_name` the session has expired, and the person at the browser may be another one. `hidden` are
    the parameters of the request, which the form posts.
    """

    template: ClassVar[str] = "sessions/confirm-logout.html"

    display_name: str | None
    application: ApplicationOnPage | None = None
    hidden: tuple[tuple[str, str], ...] = ()
    stay_url: str = "/account"


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationInLogout:
    """An application of the session that ended, and the outcome for it (`Outcome`).

    An application that is no longer registered has no name.
    """

    name: str | None
    outcome: str
    home_url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningOutPage(Page):
    """The session here has ended, and the browser goes on to the application `to`, with a logout request.

    The browser goes by itself. While the application does not respond, this page stays on the screen; the back
    button returns to it. `skip_url` goes on without the application.
    """

    template: ClassVar[str] = "sessions/signing-out.html"

    applications: tuple[ApplicationInLogout, ...]
    to: ApplicationOnPage
    response: ProtocolResponse = field(repr=False)
    skip_url: str

    def __post_init__(self) -> None:
        _check(self.response)


@dataclass(frozen=True, slots=True, kw_only=True)
class GoingBackPage(Page):
    """The logout is complete, and the browser returns to the initiator with the protocol's response.

    `successful` is False when the response says that the request could not be carried out.
    """

    template: ClassVar[str] = "sessions/going-back.html"

    application: ApplicationOnPage | None
    response: ProtocolResponse = field(repr=False)
    successful: bool = True

    def __post_init__(self) -> None:
        _check(self.response)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedOutPage(Page):
    """The applications of the session that ended, with the outcome for each.

    The page lists first the applications that may still be open, and says that the logout is complete only when
    every application has confirmed. `session_ended` is False when there was no session, so that no application is
    known. `display_name` is the person of another session that is open in this browser. `refused_return` says why
    there is no way back to the application. `again_url` reloads the page while an outcome may still change.
    """

    template: ClassVar[str] = "sessions/signed-out.html"

    applications: tuple[ApplicationInLogout, ...] = ()
    application: ApplicationOnPage | None = None
    return_url: str | None = None
    display_name: str | None = None
    again_url: str | None = None
    session_ended: bool = True
    refused_return: RefusedReturn | None = None

    @property
    def path(self) -> str | None:
        return self.again_url

    @property
    def all_closed(self) -> bool:
        """Whether no application of the session can still be open."""
        return self.session_ended and self.closed == self.applications

    @property
    def closed(self) -> tuple[ApplicationInLogout, ...]:
        return self._with(Outcome.CLOSED)

    @property
    def being_notified(self) -> tuple[ApplicationInLogout, ...]:
        return self._with(Outcome.NOTIFYING, Outcome.RETRYING)

    @property
    def perhaps_open(self) -> tuple[ApplicationInLogout, ...]:
        """The applications that the person has to close: they were not notified, or have not confirmed."""
        return self._with(Outcome.NOT_NOTIFIED, Outcome.UNCONFIRMED, Outcome.WAITING, Outcome.REDIRECTED)

    def _with(self, *outcomes: Outcome) -> tuple[ApplicationInLogout, ...]:
        return tuple(application for application in self.applications if application.outcome in outcomes)


def _check(response: ProtocolResponse) -> None:
    """A page may lead by itself to a web address only; `FormPost` checks its own action."""
    if isinstance(response, Redirect) and not web_address(response.url):
        raise ValueError("the browser cannot be sent to this address")
