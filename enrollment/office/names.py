"""What the parts of a request are called on a page, by the offer of the identity provider."""

from config.reference.professions import label_of
from config.reference.titles import TITLES, title_of
from config.web.language import gettext
from enrollment.offer import Offer
from enrollment.requests.models import EnrollmentRequest
from enrollment.requests.vocabulary import PartKind


def part_name(kind: str, name: str, offer: Offer | None, language: str) -> str:
    """The display name of a part; its identifier while the offer is unavailable, or when it is offered no more."""
    if kind == PartKind.ACCOUNT:
        return gettext("Compte")
    if offer is None:
        return name
    name_of = offer.community_name if kind == PartKind.COMMUNITY else offer.application_name
    return name_of(name, language)


def application_name(client_id: str | None, offer: Offer | None, language: str) -> str:
    """The application that the person came for; "" when there is none."""
    return part_name(PartKind.APPLICATION, client_id, offer, language) if client_id else ""


def person_name(request: EnrollmentRequest, language: str) -> str:
    """ "Docteur Éloïse d'Aubrac"; the reference of a request whose person was erased."""
    title = title_of(request.title)
    said = TITLES[title].text(language) if title else ""
    name = " ".join(filter(None, (request.given_name, request.family_name)))
    return " ".join(filter(None, (said, name))) if name else request.reference or ""


def profession_name(request: EnrollmentRequest, language: str) -> str:
    return label_of(request.profession, language) if request.profession else ""
