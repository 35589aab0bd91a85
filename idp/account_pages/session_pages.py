"""The front page and the account page, one dataclass each. The pages of a logout are in `idp/logout/pages.py`."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from config.web.pages import Page
from idp.web.application_summary import ApplicationOnPage


@dataclass(frozen=True, slots=True, kw_only=True)
class HomePage(Page):
    """The front page of the identity provider."""

    template: ClassVar[str] = "sessions/home.html"
    isolated: ClassVar[bool] = True

    display_name: str | None = None  # of the person who has a session
    applications: tuple[ApplicationOnPage, ...] = ()

    @property
    def path(self) -> str:
        return "/"


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationInSession:
    """An application that the session has opened."""

    name: str
    first_used: datetime
    home_url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionPage(Page):
    """The account page: the limits of the session, and the applications that it has opened."""

    template: ClassVar[str] = "sessions/session.html"
    isolated: ClassVar[bool] = True

    display_name: str
    login: str
    method: str  # "password", "two-factors" or "card"
    started_at: datetime
    ends_at: datetime
    idle_at: datetime
    applications: tuple[ApplicationInSession, ...] = ()
    more_access_url: str = ""  # where further access is asked for

    @property
    def path(self) -> str:
        return "/account"
