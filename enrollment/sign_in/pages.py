"""The pages of signing out. Why a sign-in failed is said by a fault page (`views.py`)."""

from dataclasses import dataclass
from typing import ClassVar

from config.web.pages import Page


@dataclass(frozen=True, slots=True, kw_only=True)
class SignOutPage(Page):
    """Asks before a session is ended: another site may have led here."""

    template: ClassVar[str] = "sign_in/sign_out.html"

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedOutPage(Page):
    """The session has ended, here and at the identity provider."""

    template: ClassVar[str] = "sign_in/signed_out.html"

    sign_in_url: str
    go_on: str = ""
    """Where the browser goes on to, to sign out of the identity provider; "" when that was done."""
