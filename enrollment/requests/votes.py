"""The votes of operators on parts: who accepts a part, who has completed its acceptance, and when votes are dropped.

A vote is on what the operator has read: it is dropped when that changes before the part is handed to delivery.
"""

from collections.abc import Iterable

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from enrollment.requests.models import PartVote, RequestPart
from enrollment.requests.queued import queued_parts
from enrollment.requests.vocabulary import PartDecision, Vote


def accepting(session: Session, part: RequestPart) -> set[str]:
    """The operators who accept a part, by their `sub`."""
    votes = select(PartVote.operator_sub).where(PartVote.part_id == part.id, PartVote.vote == Vote.ACCEPT)
    return set(session.scalars(votes))


def completed_by(session: Session, part: RequestPart) -> str:
    """The `sub` of the operator whose vote has completed the acceptance of a part."""
    votes = select(PartVote.operator_sub).where(PartVote.part_id == part.id, PartVote.vote == Vote.ACCEPT)
    return session.scalars(votes.order_by(PartVote.at.desc()).limit(1)).one()


def drop_votes(session: Session, parts: Iterable[RequestPart]) -> None:
    """Delete the votes on those of the parts that no delivery has: what was accepted of them is open again."""
    parts = list(parts)
    queued = {part.request_id: queued_parts(session, part.request_id) for part in parts}
    for part in parts:
        if part.decision == PartDecision.ACCEPTED and (part.kind, part.name) not in queued[part.request_id]:
            part.decision, part.decided_at = PartDecision.OPEN, None
    undecided = [part.id for part in parts if part.decision == PartDecision.OPEN]
    session.execute(delete(PartVote).where(PartVote.part_id.in_(undecided)))
