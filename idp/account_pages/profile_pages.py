"""The page of what an account says of its person: attributes, identifiers, communities, applications, directory."""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from config.web.pages import Page


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentifierOnPage:
    """A number of the person. `proof` is the code of how it was proven; `proven_on`, when, where that is known."""

    name: str
    value: str
    proof: str
    proven_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CardOnPage:
    """A card of the account.

    `ending` is how its number ends, `status` that of `CardStatus`, `validity` "valid", "expires-soon" or "expired".
    """

    type: str
    ending: str
    status: str
    expires_on: date
    validity: str = "valid"
    since: date | None = None
    last_used_on: date | None = None
    ended_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignmentOnPage:
    """An application that the person may use, or a community they belong to.

    `starts_on` is there for one that has not begun. `last_day` is the last day of one that has an end, and
    `renewal_url` is where the person asks that it be prolonged.
    """

    name: str
    since: date
    role: str | None = None
    starts_on: date | None = None
    last_day: date | None = None
    has_ended: bool = False
    renewal_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfilePage(Page):
    """My information: all that the account says of its person, and how they may change it."""

    template: ClassVar[str] = "accounts/profile.html"
    isolated: ClassVar[bool] = True

    display_name: str
    login: str
    identity: tuple[tuple[str, str], ...]  # each a label and a value
    contact: tuple[tuple[str, str], ...]
    address: tuple[str, ...] = ()
    is_email_verified: bool = False
    identifiers: tuple[IdentifierOnPage, ...] = ()
    cards: tuple[CardOnPage, ...] = ()
    communities: tuple[AssignmentOnPage, ...] = ()
    applications: tuple[AssignmentOnPage, ...] = ()
    confidentiality: str = "professionals"
    closed_applications: tuple[str, ...] = ()  # those that are closed to people of this level

    @property
    def path(self) -> str:
        return "/account/profile"
