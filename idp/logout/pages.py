"""The pages of signing out, one dataclass each."""

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
    """Do you want to sign out? Asked when the request does not prove that it comes from an application of this session.

    Without a `display_name` the session has lapsed, and whoever is here now may be another person.
    `hidden` are the parameters of the request, carried to the POST.
    """

    template: ClassVar[str] = "sessions/confirm-logout.html"

    display_name: str | None
    application: ApplicationOnPage | None = None
    hidden: tuple[tuple[str, str], ...] = ()
    stay_url: str = "/account"


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationInLogout:
    """An application of the session that ended; `outcome` is what is known of it (idp/logout/protocol.py).

    One that is no longer registered has no name by which to call it.
    """

    name: str | None
    outcome: str
    home_url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningOutPage(Page):
    """The session here has ended, and the browser goes to the next application that must be told by it.

    It goes by itself; the page stays on the screen while that application does not
    answer, and is found again by the back button: `skip_url` goes on without it.
    """

    template: ClassVar[str] = "sessions/signing-out.html"

    applications: tuple[ApplicationInLogout, ...]
    to: ApplicationOnPage
    departure: ProtocolResponse = field(repr=False)
    skip_url: str

    def __post_init__(self) -> None:
        _check(self.departure)


@dataclass(frozen=True, slots=True, kw_only=True)
class GoingBackPage(Page):
    """All is done here, and the person goes back to the application that asked for it, with its answer."""

    template: ClassVar[str] = "sessions/going-back.html"

    application: ApplicationOnPage | None
    departure: ProtocolResponse = field(repr=False)
    successful: bool = True  # else its request could not be done, which the answer says

    def __post_init__(self) -> None:
        _check(self.departure)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedOutPage(Page):
    """The applications that were used in the session that ended, with what is known of each.

    What may still be open comes first; the page says that all is done only when every application has confirmed.
    `session_ended` is False for whoever asks without a session: nothing is known then. `display_name` is whoever
    has another session here all the same; `refused_return` says that there is no way back to the application;
    `again_url` is this page, while more may be known in a moment.
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
        """Whether nothing that the session had opened can still be open."""
        return self.session_ended and self.closed == self.applications

    @property
    def closed(self) -> tuple[ApplicationInLogout, ...]:
        return self._with(Outcome.CLOSED)

    @property
    def being_told(self) -> tuple[ApplicationInLogout, ...]:
        return self._with(Outcome.TELLING, Outcome.RETRYING)

    @property
    def perhaps_open(self) -> tuple[ApplicationInLogout, ...]:
        """Those that the person has to close: they could not be told, or have not confirmed."""
        return self._with(Outcome.UNTOLD, Outcome.UNCONFIRMED, Outcome.WAITING, Outcome.ASKED)

    def _with(self, *outcomes: Outcome) -> tuple[ApplicationInLogout, ...]:
        return tuple(application for application in self.applications if application.outcome in outcomes)


def _check(departure: ProtocolResponse) -> None:
    """A page may go on by itself to an address of the web only; a form has seen to that already."""
    if isinstance(departure, Redirect) and not web_address(departure.url):
        raise ValueError("nobody can be sent to this address")
