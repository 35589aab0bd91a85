"""What is written down of a decision: lines of the request's history, and lines of the audit trail."""

from collections.abc import Mapping
from typing import Any

from config.actor import Actor
from config.audit.trail import Audit, AuditEntry
from enrollment.audit_kinds import EnrollmentAuditKind
from enrollment.office.decision import DecisionEvent
from enrollment.office.decision_in_progress import DecisionInProgress
from enrollment.requests.history import add_event
from enrollment.requests.models import RequestPart
from enrollment.requests.vocabulary import part_code


def add_to_history(current: DecisionInProgress, event: DecisionEvent, **detail: Any) -> None:
    """Add a line of this operator to the history of the request."""
    told = {"by": current.operator.name, **detail}
    add_event(current.session, current.request.id, event, at=current.now, actor=current.operator.subject, detail=told)


def add_part_to_history(current: DecisionInProgress, event: DecisionEvent, part: RequestPart, **detail: str) -> None:
    """Add a line about one part to the history of the request."""
    add_to_history(current, event, kind=part.kind, name=part.name, **detail)


def audit_vote(current: DecisionInProgress, audit: Audit, part: RequestPart) -> None:
    """Write in the trail that this operator accepts a part, which others must accept too."""
    _audit(current, audit, EnrollmentAuditKind.PART_VOTED, {"part": part_code(part.kind, part.name)})


def audit_part(current: DecisionInProgress, audit: Audit, part: RequestPart) -> None:
    """Write in the trail what was decided of a part."""
    detail = {"part": part_code(part.kind, part.name), "decision": part.decision}
    if part.refusal_code:
        detail["code"] = part.refusal_code
    _audit(current, audit, EnrollmentAuditKind.PART_DECIDED, detail)


def audit_question(current: DecisionInProgress, audit: Audit) -> None:
    """Write in the trail what the person was asked."""
    _audit(current, audit, EnrollmentAuditKind.MORE_ASKED, {"fields": list(current.decision.ask_for)})


def _audit(current: DecisionInProgress, audit: Audit, kind: EnrollmentAuditKind, detail: Mapping[str, Any]) -> None:
    told = {"reference": current.request.reference, **detail}
    actor = Actor.operator(current.operator.username)
    audit.record(current.session, AuditEntry(kind=kind, actor=actor, detail=told))
