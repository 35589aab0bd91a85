"""Who follows a request: an operator takes charge of it, or gives it up, in the caller's transaction."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy.orm import Session

from config.audit.trail import Audit, AuditEntry
from enrollment.requests.history import add_event
from enrollment.requests.models import EnrollmentRequest
from enrollment.requests.requests import touch
from enrollment.requests.states import QUEUED


class AssignmentEvent(StrEnum):
    """The lines of a request's history that an assignment adds."""

    ASSIGNED = "assigned"
    GIVEN_UP = "given-up"


class NotInQueue(Exception):
    """The request is not one that operators have still to decide on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignee:
    """An operator, by the `sub` under which enrollment knows them, and by name."""

    subject: str
    name: str


def assign(
    session: Session,
    audit: Audit,
    request: EnrollmentRequest,
    to: Assignee | None,
    *,
    actor: str,
    detail: Mapping[str, str],
    entry: AuditEntry,
    now: datetime,
) -> bool:
    """Give a locked request to an operator, or to nobody; whether that changed anything.

    Args:
        actor: who does it, as the history names them.
        detail: of the line of the history.
        entry: the line of the audit trail.

    Raises:
        NotInQueue: it is decided, withdrawn or lapsed.
    """
    if request.state not in QUEUED:
        raise NotInQueue
    if request.assigned_to == (to.subject if to else None):
        return False
    request.assigned_to = to.subject if to else None
    request.assigned_name = to.name if to else ""
    request.assigned_at = now if to else None
    touch(request, now=now)
    kind = AssignmentEvent.ASSIGNED if to else AssignmentEvent.GIVEN_UP
    add_event(session, request.id, kind, at=now, actor=actor, detail=detail)
    audit.record(session, entry)
    return True
