"""The letters of refusals and questions that leave with a decision. The identity provider writes acceptances."""

from collections.abc import Sequence

from config.mail import Letter
from enrollment.decision_letters import more_asked_letter, refusal_letter
from enrollment.offer import Offer
from enrollment.office.decision_in_progress import DecisionInProgress
from enrollment.requests.models import EnrollmentRequest, RequestPart
from enrollment.requests.vocabulary import PartKind
from enrollment.settings import EnrollmentSettings

ACCOUNT = {"fr": "votre compte", "en": "your account"}


def answer_letters(
    current: DecisionInProgress, refused: Sequence[RequestPart], *, url: str, settings: EnrollmentSettings
) -> tuple[Letter, ...]:
    """The letters to the person, in their language. `url` is their status page."""
    request, decision = current.request, current.decision
    letters: list[Letter] = []
    if refused:
        refusals = _refusals(request, refused, current.offer)
        letters.append(refusal_letter(request, refusals, decision.words, url, settings))
    if decision.ask_for:
        answer_by = current.now + settings.more_asked_lifetime
        letters.append(more_asked_letter(request, decision.words, answer_by, url, settings))
    return tuple(letters)


def _refusals(
    request: EnrollmentRequest, refused: Sequence[RequestPart], offer: Offer
) -> Sequence[tuple[Sequence[str], str]]:
    """The names of what was refused for the same words, with these words.

    A part that is refused because the account is has no words of its own: it is named with the account.
    """
    of_account = next((part.refusal_words.strip() for part in refused if part.kind == PartKind.ACCOUNT), "")
    names: dict[str, list[str]] = {}
    for part in sorted(refused, key=lambda part: part.kind != PartKind.ACCOUNT):
        names.setdefault(part.refusal_words.strip() or of_account, []).append(_name(request, part, offer))
    return [(named, words) for words, named in names.items()]


def _name(request: EnrollmentRequest, part: RequestPart, offer: Offer) -> str:
    language = "en" if request.language == "en" else "fr"
    if part.kind == PartKind.ACCOUNT:
        return ACCOUNT[language]
    return offer.part_name(part.kind, part.name, language)
