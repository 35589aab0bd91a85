"""What a person can ask for: the communities and applications of the region, as the identity provider offers them.

The offer is fetched when a page needs it, at most once a minute in each process.
When the identity provider is unavailable, the last offer that was fetched is used.
"""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from threading import Lock
from typing import Any, Final

from enrollment.idp_client import IdpClient, IdpRefused, IdpUnavailable
from enrollment.requests.vocabulary import PartKind

FRESH_FOR: Final = 60.0  # seconds
RETRIED_AFTER: Final = 5.0  # seconds, while there is no offer at all

logger = logging.getLogger(__name__)


class Category(StrEnum):
    """How an application is presented: a platform service is an application that serves all the others."""

    APPLICATION = "application"
    SERVICE = "service"


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A text in both languages."""

    fr: str
    en: str

    def in_language(self, language: str) -> str:
        return self.en if language == "en" else self.fr


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferedRole:
    """A role that a person can have in an application."""

    name: str
    display_name: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferedCommunity:
    """A community of practice. `has_approvers`: there are operators who decide on it and not on everything."""

    name: str
    display_name: Text
    help: Text
    requestable: bool
    has_approvers: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferedApplication:
    """An application or a platform service, with the rules of its registration.

    Attributes:
        needs_communities: names of the communities that its members must belong to.
        closed_to_levels: confidentiality levels that exclude from it, such as `hidden`.
        has_approvers: there are operators who decide on it and not on everything.
    """

    client_id: str
    name: str
    display_name: Text
    help: Text
    logo: str
    category: Category
    requestable: bool
    roles: tuple[OfferedRole, ...]
    needs_communities: tuple[str, ...]
    closed_to_levels: tuple[str, ...]
    has_approvers: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """All communities and applications, in the order in which pages show them."""

    communities: tuple[OfferedCommunity, ...]
    applications: tuple[OfferedApplication, ...]

    def community(self, name: str) -> OfferedCommunity | None:
        return next((each for each in self.communities if each.name == name), None)

    def application(self, client_id: str) -> OfferedApplication | None:
        return next((each for each in self.applications if each.client_id == client_id), None)

    def community_name(self, name: str, language: str) -> str:
        """The display name of a community; its name when it is offered no more."""
        found = self.community(name)
        return found.display_name.in_language(language) if found else name

    def application_name(self, client_id: str, language: str) -> str:
        """The display name of an application; its `client_id` when it is offered no more."""
        found = self.application(client_id)
        return found.display_name.in_language(language) if found else client_id

    def part_name(self, kind: str, name: str, language: str) -> str:
        """The display name of what a part of a request asks for: a community or an application, not the account."""
        name_of = self.community_name if kind == PartKind.COMMUNITY else self.application_name
        return name_of(name, language)


class OfferUnavailable(Exception):
    """No offer was ever fetched by this process, and the identity provider does not answer."""


class Offers:
    """The current offer. Thread-safe."""

    def __init__(self, idp: IdpClient, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._idp = idp
        self._clock = clock
        self._lock = Lock()
        self._kept: Offer | None = None
        self._etag = ""
        self._fresh_until = 0.0

    def current(self) -> Offer:
        """The offer, at most a minute old unless the identity provider is unavailable.

        Raises:
            OfferUnavailable: there is none.
        """
        # One thread fetches. The others use the last offer meanwhile; without one, they wait for that call.
        if self._clock() >= self._fresh_until and self._lock.acquire(blocking=self._kept is None):
            try:
                if self._clock() >= self._fresh_until:
                    self._refresh()
            finally:
                self._lock.release()
        if self._kept is None:
            raise OfferUnavailable
        return self._kept

    def _refresh(self) -> None:
        try:
            fetched = self._idp.offer(self._etag)
            if fetched is not None:
                self._kept, self._etag = read_offer(fetched.document), fetched.etag
        except (IdpUnavailable, IdpRefused, InvalidOffer) as failure:
            logger.warning("the offer could not be refreshed: %s", failure)
        self._fresh_until = self._clock() + (RETRIED_AFTER if self._kept is None else FRESH_FOR)


class InvalidOffer(ValueError):
    """The identity provider's document is not an offer as this version reads it; the message says where."""


def read_offer(document: Mapping[str, Any]) -> Offer:
    """The offer in the document of `GET /api/offer`. Members that this version does not know are left.

    Raises:
        InvalidOffer: a member is missing, or of another type.
    """
    try:
        return Offer(
            communities=tuple(_community(each) for each in document["communities"]),
            applications=tuple(_application(each) for each in document["applications"]),
        )
    except (KeyError, TypeError, ValueError) as invalid:
        raise InvalidOffer(f"{type(invalid).__name__}: {invalid}") from None


def _community(item: Mapping[str, Any]) -> OfferedCommunity:
    return OfferedCommunity(
        name=str(item["name"]),
        display_name=_text(item["display_name"]),
        help=_text(item["help"]),
        requestable=item["requestable"] is True,
        has_approvers=item["has_approvers"] is True,
    )


def _application(item: Mapping[str, Any]) -> OfferedApplication:
    return OfferedApplication(
        client_id=str(item["client_id"]),
        name=str(item["name"]),
        display_name=_text(item["display_name"]),
        help=_text(item["help"]),
        logo=str(item["logo"] or ""),
        category=Category(item["category"]),
        requestable=item["requestable"] is True,
        roles=tuple(
            OfferedRole(name=str(role["name"]), display_name=_text(role["display_name"])) for role in item["roles"]
        ),
        needs_communities=tuple(str(name) for name in item["needs_communities"]),
        closed_to_levels=tuple(str(level) for level in item["closed_to_levels"]),
        has_approvers=item["has_approvers"] is True,
    )


def _text(item: Mapping[str, Any]) -> Text:
    return Text(fr=str(item["fr"]), en=str(item["en"]))
