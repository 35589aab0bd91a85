"""The panel of the card on the sign-on page, and the pages of its doors."""

from dataclasses import dataclass, field
from typing import ClassVar

from config.web.card_states import STATES, CardStateWords
from config.web.pages import Page
from idp.login.card_to_enrollment import request_path
from idp.login.methods.base import MethodPanel
from idp.login.pending_cookies import link_to
from idp.web.application_summary import ApplicationOnPage


@dataclass(frozen=True, slots=True, kw_only=True)
class CardPanel(MethodPanel):
    """`ports` are those of the workstation's card software; `by_browser`: the TLS door is offered too."""

    states: ClassVar[tuple[CardStateWords, ...]] = STATES

    ports: tuple[int, ...]
    by_browser: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CardSoftwarePage(Page):
    """Leads to the card software of the workstation, which asks the PIN in its own window. The door 2."""

    template: ClassVar[str] = "login/card/software.html"

    pending: str
    application: ApplicationOnPage | None = None
    addresses: tuple[str, ...] = field(repr=False)  # the usual port first; they carry the ticket

    @property
    def path(self) -> str:
        return link_to(self.pending)


@dataclass(frozen=True, slots=True, kw_only=True)
class CardByBrowserPage(Page):
    """Leads to the host name that asks the browser for the certificate of the card. The door 3."""

    template: ClassVar[str] = "login/card/by-browser.html"

    pending: str
    application: ApplicationOnPage | None = None
    address: str = field(repr=False)  # it carries the ticket

    @property
    def path(self) -> str:
        return link_to(self.pending)


@dataclass(frozen=True, slots=True, kw_only=True)
class CardLoginRefusedPage(Page):
    """The card is genuine, and does not log in: `reason` is a `CardLoginRefusal` that another attempt does not change.

    An unknown card leads to the request for an account; the others say who helps.
    """

    template: ClassVar[str] = "login/card/refused.html"

    reason: str
    holder: str
    token: str = field(repr=False)  # that of an unknown card, which waits for enrollment
    pending: str
    application: ApplicationOnPage | None = None

    @property
    def path(self) -> str:
        return link_to(self.pending)

    @property
    def request_url(self) -> str:
        """Where an account is asked for, with the card that was just proved, if it waits."""
        asked_at = self.application.request_url if self.application else "/account/request"
        return request_path(self.token, asked_at) if self.token else asked_at

    @property
    def is_fault(self) -> bool:
        return self.reason != "unknown-card"
