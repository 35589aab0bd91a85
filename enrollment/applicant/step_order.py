"""The order of the steps, and the first that a draft misses.

The card is a question whose answer changes nothing until a card is read, so it is never missing.
"""

from enum import Enum
from typing import Final

from enrollment.applicant.drafts import Draft
from enrollment.requests.vocabulary import PartKind, RequestKind

REQUIRED: Final = (
    "profession", "civility", "family_name", "given_name", "country", "street", "postcode", "town", "telephone",
    "email", "confidentiality",
)  # fmt: skip
"""The fields of a person that must be filled in: those of the guide that have an asterisk, and the profession."""


class Step(Enum):
    """A step, by its address."""

    CARD = "/request/card"
    PERSON = "/request/person"
    PROFILE = "/request/profile"
    CHECK = "/request/check"

    @property
    def address(self) -> str:
        return str(self.value)


SENT: Final = "/request/sent"
"""The page after the last step."""

READING: Final = "/request/card/read"
"""Where the card is read, in the first step."""
READING_OVER: Final = f"{READING}?over"
"""The same, for a person whose card counts no more."""

WITH_ACCOUNT: Final = (Step.PROFILE, Step.CHECK)
"""The steps of a person who has an account: who they are is known."""


def steps_of(kind: str) -> tuple[Step, ...]:
    """The steps of a kind of request."""
    return WITH_ACCOUNT if kind in (RequestKind.MORE_ACCESS, RequestKind.RENEWAL) else tuple(Step)


def first_missing(draft: Draft) -> Step:
    """The first step that is not complete; the check when all are."""
    steps = steps_of(draft.request.kind)
    if Step.PERSON in steps and not all(getattr(draft.request, name) for name in REQUIRED):
        return Step.PERSON
    return Step.CHECK if is_profile_complete(draft) else Step.PROFILE


def is_profile_complete(draft: Draft) -> bool:
    """Whether step 3 was answered: a first request asks for the account at least, another one for some access."""
    if Step.PERSON in steps_of(draft.request.kind):
        return any(part.kind == PartKind.ACCOUNT for part in draft.parts)
    return bool(draft.parts)


def reachable(draft: Draft, step: Step) -> bool:
    """Whether the person may open `step`: every step before it is complete."""
    order = list(Step)
    return step in steps_of(draft.request.kind) and order.index(step) <= order.index(first_missing(draft))
