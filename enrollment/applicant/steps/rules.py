"""The rules of what is asked for, as the registrations of applications state them: which communities an application
needs, and the levels of confidentiality that exclude from it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from enrollment.applicant.drafts import Wanted
from enrollment.offer import Offer
from enrollment.requests.vocabulary import PartKind


class Rule(StrEnum):
    """What is not met; the value is the code of its sentence."""

    NOT_OFFERED = "wanted.not-offered"
    NEEDS_COMMUNITY = "wanted.needs-community"
    CLOSED_TO_LEVEL = "wanted.closed-to-level"


@dataclass(frozen=True, slots=True)
class Unmet:
    """A rule that something asked for does not meet; `community` is the one that is missing, if that is the rule."""

    wanted: Wanted
    rule: Rule
    community: str = ""


def unmet(
    wanted: Iterable[Wanted], offer: Offer, *, confidentiality: str, has_communities: Iterable[str] = ()
) -> Iterator[Unmet]:
    """Each rule that is not met. `has_communities` are those that the person belongs to already."""
    wanted = tuple(wanted)
    communities = {each.name for each in wanted if each.kind is PartKind.COMMUNITY} | set(has_communities)
    for each in wanted:
        if each.kind is PartKind.COMMUNITY:
            community = offer.community(each.name)
            if community is None or not community.requestable:
                yield Unmet(each, Rule.NOT_OFFERED)
        elif each.kind is PartKind.APPLICATION:
            application = offer.application(each.name)
            if application is None or not application.requestable:
                yield Unmet(each, Rule.NOT_OFFERED)
                continue
            for name in application.needs_communities:
                if name not in communities:
                    yield Unmet(each, Rule.NEEDS_COMMUNITY, name)
            if confidentiality in application.closed_to_levels:
                yield Unmet(each, Rule.CLOSED_TO_LEVEL)
