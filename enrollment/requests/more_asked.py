"""What an operator asks a person again: fields of the person, and the reason of a part.

`MoreAsked.fields` holds names of columns of the person, and `reason:` followed by the id of a part.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from enrollment.requests.models import EnrollmentRequest, MoreAsked, RequestPart
from enrollment.requests.person import PERSON_FIELDS
from enrollment.requests.requests import move
from enrollment.requests.states import RequestState
from enrollment.requests.votes import drop_votes

ASKABLE: Final = tuple(name for name in PERSON_FIELDS if name != "email")
"""The fields that can be asked again. The address is verified: another one is another request."""


def reason_field(part_id: str) -> str:
    """How the reason of a part is named among the fields."""
    return f"reason:{part_id}"


def person_fields(fields: Iterable[str]) -> tuple[str, ...]:
    """The fields of the person that are asked, in the order of the form."""
    asked = set(fields)
    return tuple(name for name in ASKABLE if name in asked)


def parts_asked(fields: Iterable[str], parts: Iterable[RequestPart]) -> tuple[RequestPart, ...]:
    """The parts whose reason is asked."""
    asked = set(fields)
    return tuple(part for part in parts if reason_field(part.id) in asked)


def open_question(session: Session, request_id: str, *, lock: bool = False) -> MoreAsked | None:
    """What the person has not answered yet; None when nothing is asked."""
    wanted = (
        select(MoreAsked)
        .where(MoreAsked.request_id == request_id, MoreAsked.answered_at.is_(None))
        .order_by(MoreAsked.asked_at.desc())
        .limit(1)
    )
    return session.scalar(wanted.with_for_update() if lock else wanted)


def last_answer(session: Session, request_id: str) -> datetime | None:
    """When the person last answered an operator; None when they never did."""
    return session.scalar(select(func.max(MoreAsked.answered_at)).where(MoreAsked.request_id == request_id))


def give_back_to_queue(
    session: Session, request: EnrollmentRequest, parts: Sequence[RequestPart], *, now: datetime
) -> None:
    """Put a locked request that was answered back into the queue.

    Votes on what was not handed to delivery are dropped: those operators have not read the answer.
    """
    move(request, RequestState.PENDING, now=now)
    drop_votes(session, parts)
