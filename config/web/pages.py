"""Pages: a page is a frozen dataclass that names its template; `render` shows it within the layout.

A template uses its page and `chrome` (`config/web/web_app.py`), and nothing else. Views do not deal with what is the
same on every page: region, help line, language, form token.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, cast

from flask import Response, current_app

EXTENSION = "poterne-web"


class Page:
    """The base of pages, which are frozen dataclasses."""

    __slots__ = ()

    template: ClassVar[str]
    isolated: ClassVar[bool] = False
    """Whether the page is isolated from a window that opened it (Cross-Origin-Opener-Policy, HTML section 7.1.3).

    The pages of a login are not: an application that logs people in by a popup would lose `window.opener`.
    """

    @property
    def path(self) -> str | None:
        """The path that shows this page by GET, for the language switch; None: the path of the current request."""
        return None

    @property
    def is_fault(self) -> bool:
        """Whether the title begins with 'Erreur :', which screen readers then read first."""
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class FormPage(Page):
    """The base of pages with a form, which is shown again with its problems (`config/web/forms.py`)."""

    problems: tuple[object, ...] = ()

    @property
    def is_fault(self) -> bool:
        return bool(self.problems)


@dataclass(frozen=True, slots=True, kw_only=True)
class SentRequest:
    """Facts of a request, for the page that says what was wrong with it."""

    method: str
    media_type: str = ""
    octets: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultPage(Page):
    """A fault: what happened, what to do, a reference, and a way back.

    `code` is the stable code for integrators ("redirect_uri.unregistered"). The wording has the sentences of `words`,
    or of `code`. `sent` describes the request when it was malformed. The values `received`, `registered` and
    `expected` are shown when they are given. The page leads to `back_url` (an application, whose name with its
    preposition is `back_to`, or one of our forms), or to `retry_url`, or to the front page.
    """

    template: ClassVar[str] = "fault.html"

    status: int
    code: str
    reference: str | None = None
    back_url: str | None = None
    back_to: str | None = None
    retry_url: str | None = None
    sent: SentRequest | None = None
    retry_after: int | None = None
    received: str | None = None
    registered: tuple[str, ...] = ()
    expected: tuple[str, ...] = ()
    words: str = ""

    @property
    def is_fault(self) -> bool:
        return True


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessibilityPage(Page):
    """The accessibility statement that French law requires (law 2005-102, article 47; decree 2019-768)."""

    template: ClassVar[str] = "accessibility.html"

    @property
    def path(self) -> str:
        return "/accessibility"


Renderer = Callable[[Page, int, str | None], Response]


def render(page: Page, status: int | None = None, language: str | None = None) -> Response:
    """The response that shows `page`.

    `language` is the application's `ui_locales` (OpenID Connect Core 1.0, section 3.1.2.1): tags separated by spaces.
    """
    if status is None:
        status = page.status if isinstance(page, FaultPage) else 200
    return cast(Renderer, current_app.extensions[EXTENSION])(page, status, language)
