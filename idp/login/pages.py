"""The pages of a login, from the application's request to the answer, one dataclass each."""

from dataclasses import dataclass, field
from datetime import date
from typing import ClassVar
from urllib.parse import quote

from config.web.addresses import application_address
from config.web.forms import Problems
from config.web.pages import Page
from idp.login.methods.base import MethodPanel
from idp.login.pending_cookies import link_to
from idp.web.application_summary import ApplicationOnPage
from idp.web.protocol_response import FormPost, ProtocolResponse


@dataclass(frozen=True, slots=True, kw_only=True)
class SignOnPage(Page):
    """The sign-on page: one panel for each login method that would meet the unmet requirement.

    `reason` says why a person who has a session must authenticate again; `problems` say why the last attempt failed.
    `person` is the name of the person whose session lacks assurance, "" when the page asks who logs in. `voluntary` is
    that assurance when the person may go on without it, else "". `session_shown` identifies the session of the person
    in the form that says so.
    """

    template: ClassVar[str] = "login/sign-on.html"

    pending: str
    application: ApplicationOnPage | None = None
    login_hint: str = ""
    reason: str | None = None
    person: str = ""
    voluntary: str = ""  # "two-factors" or "card"
    session_shown: str = ""
    problems: Problems = ()
    wait_seconds: int | None = None
    panels: tuple[MethodPanel, ...] = ()
    expires_in: int = 20  # minutes

    @property
    def path(self) -> str:
        return link_to(self.pending)

    @property
    def is_fault(self) -> bool:
        return bool(self.problems) or self.wait_seconds is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmIdentityPage(Page):
    """The browser has a session: the person continues with it, or says that it is another person's."""

    template: ClassVar[str] = "login/confirm-identity.html"

    display_name: str
    application: ApplicationOnPage
    pending: str
    person: str = ""  # identifies the session that is shown; the form posts it back

    @property
    def path(self) -> str:
        return link_to(self.pending)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionsPage(Page):
    """The person accepts the current conditions of use, or logs out. `application` is None for a page of ours."""

    template: ClassVar[str] = "login/conditions.html"

    application: ApplicationOnPage | None = None
    display_name: str
    version: str
    paragraphs: tuple[str, ...]
    pending: str
    person: str = ""  # identifies the session that is shown; the form posts it back

    @property
    def path(self) -> str:
        return link_to(self.pending)


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryRefusedPage(Page):
    """The person is authenticated, and not entitled to this application.

    `closing_level` is the person's confidentiality level, when it is what closes the application to them.
    """

    template: ClassVar[str] = "login/entry-refused.html"

    application: ApplicationOnPage
    display_name: str
    closing_level: str | None = None
    back: ProtocolResponse | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AssuranceRefusedPage(Page):
    """The application requires an assurance that this installation, or this account, cannot reach."""

    template: ClassVar[str] = "login/assurance-refused.html"

    application: ApplicationOnPage
    needed: str  # "two-factors" or "card"
    display_name: str = ""  # of the person who has a session
    is_offered: bool = False  # this installation offers it, and the person has not enrolled it
    back: ProtocolResponse | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ContinuePage(Page):
    """The browser goes on to the application with the answer: by itself, and by a link.

    The page is a 200 and not a redirect, since Chromium applies `form-action` to every redirect that follows a form.
    """

    template: ClassVar[str] = "login/continue.html"

    application: ApplicationOnPage
    url: str = field(repr=False)  # it carries the code

    def __post_init__(self) -> None:
        if not application_address(self.url):
            raise ValueError("an answer cannot be sent to this address")


@dataclass(frozen=True, slots=True, kw_only=True)
class PostPage(Page):
    """The browser posts the answer to the application in a form: by itself, and by a visible button."""

    template: ClassVar[str] = "login/post.html"

    form: FormPost
    application: ApplicationOnPage | None = None
    successful: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class StartAgainPage(Page):
    """This login cannot continue: it has expired, was answered already, or began in another browser."""

    template: ClassVar[str] = "login/start-again.html"

    reason: str  # "expired", "used", "other-browser" or "no-cookies"
    application: ApplicationOnPage | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangePasswordPage(Page):
    """Change the password by giving the current one; a pending login continues afterwards.

    `is_proven`: the current password was typed a moment ago in this login, and the page does not ask for it.
    `pending` identifies the pending login. `problems` include the rules that the new password breaks.
    """

    template: ClassVar[str] = "login/change-password.html"

    reason: str  # "expired", "must-change" or "requested"
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
        return link_to(self.pending) if self.pending else None

    @property
    def is_fault(self) -> bool:
        return bool(self.problems) or self.wait_seconds is not None
