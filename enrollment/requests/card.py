"""How long the card of a draft counts, and how it is forgotten or no longer vouches.

A card counts in the browser that has read it, while the request is filled in there. The next person at a shared
workstation would otherwise complete a request that was left open, with a mailbox of their own, and the card of the one
before would vouch for it.
"""

from datetime import datetime, timedelta
from typing import Final

from enrollment.requests.models import EnrollmentRequest
from enrollment.requests.person import fold_name
from enrollment.requests.vocabulary import FilledBy

COUNTS_FOR: Final = timedelta(minutes=30)
"""After the last change of the draft: as long as a session that is not used."""


def is_reading_over(draft: EnrollmentRequest, now: datetime) -> bool:
    """Whether the draft has a card that counts no more, and must be read again."""
    return draft.card_identity is not None and now - draft.changed_at > COUNTS_FOR


def withdraw_proof(request: EnrollmentRequest) -> None:
    """Keep what the card of a locked request has filled, as if it was typed: nothing proves it any more."""
    request.filled_by = {name: source for name, source in request.filled_by.items() if source != FilledBy.CARD}
    request.card_identity = None


def forget_reading(draft: EnrollmentRequest) -> None:
    """Remove the card from a locked draft, with everything that it has filled."""
    for name, source in draft.filled_by.items():
        if source == FilledBy.CARD:
            setattr(draft, name, "")
    withdraw_proof(draft)
    fold_name(draft)
