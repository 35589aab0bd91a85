"""The account pages about the session: the front page and my session. One dataclass each.

The pages of signing out are in `idp/logout/pages.py`.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from config.web.pages import Page
from idp.web.application_summary import ApplicationOnPage


@dataclass(frozen=True, slots=True, kw_only=True)
class HomePage(Page):
    """The identity provider's own front page."""

    template: ClassVar[str] = "sessions/home.html"
    isolated: ClassVar[bool] = True

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
    isolated: ClassVar[bool] = True

    display_name: str
    login: str
    attributes: tuple[tuple[str, str], ...] = ()  # each a label and the value
    method: str  # "password", "two-factors" or "card"
    started_at: datetime
    ends_at: datetime
    idle_at: datetime
    applications: tuple[ApplicationInSession, ...] = ()

    @property
    def path(self) -> str:
        return "/account"
