"""One request, read for the operators' page with all that belongs to it."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from config.sql.database import Database
from enrollment.office.rules import Rule, Rules
from enrollment.requests.history import history_of
from enrollment.requests.models import (
    EnrollmentRequest,
    MoreAsked,
    PartVote,
    RequestEvent,
    RequestNote,
    RequestPart,
)
from enrollment.requests.requests import parts_of
from enrollment.requests.states import RequestState

UNSEEN = frozenset({RequestState.DRAFT, RequestState.UNVERIFIED})
"""What operators do not see: the person has not sent it, or has not shown that the mailbox is theirs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WholeRequest:
    """A request with its parts, their rules and votes, its history, the notes of colleagues and what was asked."""

    request: EnrollmentRequest
    parts: Sequence[RequestPart]
    rules: dict[str, Rule]
    votes: Sequence[PartVote]
    history: Sequence[RequestEvent]
    notes: Sequence[RequestNote]
    more_asked: Sequence[MoreAsked]


def read_whole(database: Database, rules: Rules, reference: str) -> WholeRequest | None:
    """The request of this reference, if operators may see it; to be read only."""
    with database.transaction() as session:
        request = session.scalar(select(EnrollmentRequest).where(EnrollmentRequest.reference == reference))
        if request is None or request.state in UNSEEN or request.erased_at is not None:
            return None
        parts = parts_of(session, request.id)
        votes = select(PartVote).where(PartVote.part_id.in_([part.id for part in parts])).order_by(PartVote.at)
        notes = select(RequestNote).where(RequestNote.request_id == request.id)
        asked = select(MoreAsked).where(MoreAsked.request_id == request.id).order_by(MoreAsked.asked_at)
        whole = WholeRequest(
            request=request,
            parts=parts,
            rules={part.id: rules.of(session, part.kind, part.name) for part in parts},
            votes=session.scalars(votes).all(),
            history=history_of(session, request.id),
            notes=session.scalars(notes.order_by(RequestNote.at, RequestNote.id)).all(),
            more_asked=session.scalars(asked).all(),
        )
        session.expunge_all()
        return whole
