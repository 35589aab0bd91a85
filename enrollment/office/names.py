"""What the parts of a request are called on a page, by the offer of the identity provider."""

from config.web.language import gettext
from enrollment.offer import Offer
from enrollment.requests.vocabulary import PartKind


def part_name(kind: str, name: str, offer: Offer | None, language: str) -> str:
    """The display name of a part; its identifier while the offer is unavailable, or when it is offered no more."""
    if kind == PartKind.ACCOUNT:
        return gettext("Compte")
    return name if offer is None else offer.part_name(kind, name, language)


def application_name(client_id: str | None, offer: Offer | None, language: str) -> str:
    """The application that the person came for; "" when there is none."""
    return part_name(PartKind.APPLICATION, client_id, offer, language) if client_id else ""
