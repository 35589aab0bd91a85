"""What a page is: a frozen dataclass that names its template, and `render`, which gives it its chrome.

A template uses its page and the chrome, and nothing else; what is the same on
every page (region, help line, language, the form token) is never a view's business.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, cast

from flask import Response, current_app

EXTENSION = "poterne-web"


class Page:
    """What one template shows. A service's pages are frozen dataclasses that inherit from this."""

    __slots__ = ()

    template: ClassVar[str]
    isolated: ClassVar[bool] = False
    """Whether a window that opened this page loses it (Cross-Origin-Opener-Policy, HTML section 7.1.3).

    Never so between an application's request and its answer: an application that logs people in
    in a popup would find `window.opener` cut when the answer arrives.
    """

    @property
    def path(self) -> str | None:
        """Where this page is found again by a GET, when it answers a POST: the language switch leads back there."""
        return None

    @property
    def is_fault(self) -> bool:
        """Whether the title begins with 'Erreur :', so that a screen reader says it first."""
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class SentRequest:
    """A request as it describes itself, for a page that says what was wrong with it."""

    method: str
    media_type: str = ""
    octets: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultPage(Page):
    """Something went wrong: what happened, what to do, a reference, and the way back.

    `code` is the stable word for integrators ("redirect_uri.unregistered"); the
    sentences for people come from the wording, by `words` when they are not the code's own.
    `sent` is the request itself, when that is what is wrong. The values received,
    registered and expected are shown only when whoever raised the fault says so. The way on is
    `back_url` (an application's, whose name with its preposition is `back_to`,
    or a form of ours), else `retry_url`, else the front page.
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
    """The statement that French law asks for (law 2005-102, article 47; decree 2019-768)."""

    template: ClassVar[str] = "accessibility.html"

    @property
    def path(self) -> str:
        return "/accessibility"


Renderer = Callable[[Page, int, str | None], Response]


def render(page: Page, status: int | None = None, language: str | None = None) -> Response:
    """The response that shows `page`.

    `language` is what whoever sent the person here asked for, as in `ui_locales`
    (OpenID Connect Core 1.0, 3.1.2.1): a list of tags separated by spaces.
    """
    if status is None:
        status = page.status if isinstance(page, FaultPage) else 200
    return cast(Renderer, current_app.extensions[EXTENSION])(page, status, language)
