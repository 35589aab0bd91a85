"""The pages about the session itself: the front page, my session, signing out. One dataclass each."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from config.web.pages import Page
from idp.login.pages import ApplicationOnPage


@dataclass(frozen=True, slots=True, kw_only=True)
class HomePage(Page):
    """The identity provider's own front page."""

    template: ClassVar[str] = "sessions/home.html"

    display_name: str | None = None  # whoever has a session here
    applications: tuple[ApplicationOnPage, ...] = ()

    @property
    def path(self) -> str:
        return "/"


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationInSession:
    """An application that was given an answer in this session."""

    name: str
    first_used: datetime
    home_url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionPage(Page):
    """My session: who I am here, until when, and where I have been."""

    template: ClassVar[str] = "sessions/session.html"

    display_name: str
    login: str
    method: str  # "password", "two-factors" or "card"
    started_at: datetime
    ends_at: datetime
    idle_at: datetime
    applications: tuple[ApplicationInSession, ...] = ()

    @property
    def path(self) -> str:
        return "/account"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmLogoutPage(Page):
    """Do you want to sign out? Asked when the request does not prove that it comes from an application of this session.

    `hidden` are the parameters of the request, carried to the POST.
    """

    template: ClassVar[str] = "sessions/confirm-logout.html"

    display_name: str
    application: ApplicationOnPage | None = None
    hidden: tuple[tuple[str, str], ...] = ()
    stay_url: str = "/account"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedOutPage(Page):
    """The session here has ended; the applications that were used in it are named, since they may still be open."""

    template: ClassVar[str] = "sessions/signed-out.html"

    applications: tuple[ApplicationOnPage, ...] = ()
    application: ApplicationOnPage | None = None
    return_url: str | None = None
