"""The pages of a forgotten password, one dataclass each."""

from dataclasses import dataclass, field
from typing import ClassVar
from urllib.parse import quote

from config.web.forms import Problems
from config.web.pages import FormPage, Page
from idp.web.application_summary import ApplicationOnPage


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgottenPasswordPage(Page):
    """Request a link by e-mail, by login or e-mail address."""

    template: ClassVar[str] = "accounts/forgotten-password.html"

    login: str = ""
    problems: Problems = ()
    wait_seconds: int | None = None
    back_url: str | None = None

    @property
    def path(self) -> str:
        pending = (self.back_url or "").removeprefix("/login/")
        return "/password/forgotten" + (f"?pending={pending}" if pending else "")

    @property
    def is_fault(self) -> bool:
        return bool(self.problems) or self.wait_seconds is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgottenSentPage(Page):
    """The confirmation, which is the same whether the account exists or not."""

    template: ClassVar[str] = "accounts/forgotten-sent.html"

    link_minutes: int = 60
    back_url: str | None = None

    @property
    def path(self) -> str:
        pending = (self.back_url or "").removeprefix("/login/")
        return "/password/forgotten/sent" + (f"?pending={pending}" if pending else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoosePasswordPage(FormPage):
    """The page of a mailed link. Showing it does not use up the link, since mail scanners follow links."""

    template: ClassVar[str] = "accounts/choose-password.html"

    token: str = field(repr=False)
    login: str = ""
    rules: tuple[str, ...] = ()

    @property
    def path(self) -> str:
        return "/password/choose/" + quote(self.token)


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordChangedPage(Page):
    """The password has changed, and every other session of the account has ended."""

    template: ClassVar[str] = "accounts/password-changed.html"

    client_id: str = ""
    application: ApplicationOnPage | None = None
    """Where the person goes next, when a letter said so."""

    @property
    def path(self) -> str:
        return "/password/changed" + (f"?application={quote(self.client_id)}" if self.client_id else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkSpentPage(Page):
    """The mailed link has been used or has expired."""

    template: ClassVar[str] = "accounts/link-spent.html"

    token: str = field(repr=False)

    @property
    def path(self) -> str:
        return "/password/choose/" + quote(self.token)
