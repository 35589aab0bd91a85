"""The pages between an application's request and its answer, one dataclass each."""

from dataclasses import dataclass, field
from datetime import date
from typing import ClassVar
from urllib.parse import quote

from config.web.addresses import application_address
from config.web.forms import Problems
from config.web.pages import Page
from idp.login.methods.base import MethodPanel
from idp.login.pending_cookies import path_of
from idp.web.application_summary import ApplicationOnPage
from idp.web.protocol_response import FormPost, ProtocolResponse


@dataclass(frozen=True, slots=True, kw_only=True)
class SignOnPage(Page):
    """Who are you? One panel for each method that would bring the login further.

    `reason` says why a person who has a session is asked again; `problems` say why the last attempt failed.
    """

    template: ClassVar[str] = "login/sign-on.html"

    pending: str
    application: ApplicationOnPage | None = None
    login_hint: str = ""
    reason: str | None = None
    problems: Problems = ()
    wait_seconds: int | None = None
    panels: tuple[MethodPanel, ...] = ()
    card_announced: bool = True  # the CPS card is said to come
    account_request_url: str = "/account/request"
    expires_in: int = 20  # minutes

    @property
    def path(self) -> str:
        return path_of(quote(self.pending, safe=":"))

    @property
    def is_fault(self) -> bool:
        return bool(self.problems) or self.wait_seconds is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmIdentityPage(Page):
    """A session is open already: go on as this person, or as another."""

    template: ClassVar[str] = "login/confirm-identity.html"

    display_name: str
    application: ApplicationOnPage
    pending: str
    person: str = ""  # which session is shown, for the form to say back

    @property
    def path(self) -> str:
        return path_of(quote(self.pending, safe=":"))


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryRefusedPage(Page):
    """Known, but not entitled to this application."""

    template: ClassVar[str] = "login/entry-refused.html"

    application: ApplicationOnPage
    display_name: str
    back: ProtocolResponse | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AssuranceRefusedPage(Page):
    """The application asks for more than this installation's methods, or this account, can give."""

    template: ClassVar[str] = "login/assurance-refused.html"

    application: ApplicationOnPage
    needed: str  # "two-factors" or "card"
    is_offered: bool = False  # here, and the person has not enrolled it
    back: ProtocolResponse | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ContinuePage(Page):
    """The answer leaves for the application: by itself, and by a link.

    A 200 and not a redirect: Chromium applies `form-action` to every redirect
    that follows a form.
    """

    template: ClassVar[str] = "login/continue.html"

    application: ApplicationOnPage
    url: str = field(repr=False)  # it carries the code

    def __post_init__(self) -> None:
        if not application_address(self.url):
            raise ValueError("an answer cannot be carried to this address")


@dataclass(frozen=True, slots=True, kw_only=True)
class PostPage(Page):
    """The answer leaves for the application in a form: by itself, and by a visible button."""

    template: ClassVar[str] = "login/post.html"

    form: FormPost
    application: ApplicationOnPage | None = None
    successful: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class StartAgainPage(Page):
    """This login cannot go on here: it has ended, was used already, or began in another browser."""

    template: ClassVar[str] = "login/start-again.html"

    reason: str  # "expired", "used", "other-browser" or "no-cookies"
    application: ApplicationOnPage | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangePasswordPage(Page):
    """Choose another password, knowing the present one; the application asked for is kept.

    `is_proven` says that the present one was typed a moment ago, and is not asked for.
    `pending` is the login that waits for it. `problems` are those of the form, the rules
    that the new password breaks among them.
    """

    template: ClassVar[str] = "login/change-password.html"

    reason: str  # "expired", "must-change" or "asked"
    application: ApplicationOnPage | None = None
    pending: str | None = None
    login: str = ""
    expired_on: date | None = None
    rules: tuple[str, ...] = ()
    problems: Problems = ()
    wait_seconds: int | None = None
    is_proven: bool = False

    @property
    def path(self) -> str:
        return "/password/change" + (f"?pending={quote(self.pending)}" if self.pending else "")

    @property
    def back_url(self) -> str | None:
        return path_of(quote(self.pending, safe=":")) if self.pending else None

    @property
    def is_fault(self) -> bool:
        return bool(self.problems) or self.wait_seconds is not None
