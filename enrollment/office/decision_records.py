"""What is written down of a decision: a line of the request's history, and one of the audit trail."""

from datetime import datetime

from sqlalchemy.orm import Session

from config.actor import Actor
from config.audit.trail import Audit, AuditEntry
from enrollment.audit_kinds import EnrollmentAuditKind
from enrollment.office.decision import DecisionEvent
from enrollment.office.operators import Operator
from enrollment.requests.history import add_event
from enrollment.requests.models import EnrollmentRequest, RequestPart


def tell(
    session: Session,
    request: EnrollmentRequest,
    part: RequestPart,
    event: DecisionEvent,
    operator: Operator,
    now: datetime,
    **detail: str,
) -> None:
    """Add a line about a part to the history."""
    told = {"by": operator.name, "kind": part.kind, "name": part.name, **detail}
    add_event(session, request.id, event, at=now, actor=operator.subject, detail=told)


def record_decision(
    session: Session, audit: Audit, request: EnrollmentRequest, part: RequestPart, operator: Operator
) -> None:
    """Write in the trail what was decided of a part."""
    detail = {
        "reference": request.reference,
        "part": f"{part.kind}:{part.name}" if part.name else part.kind,
        "decision": part.decision,
    }
    if part.refusal_code:
        detail["code"] = part.refusal_code
    audit.record(
        session,
        AuditEntry(kind=EnrollmentAuditKind.PART_DECIDED, actor=Actor.operator(operator.username), detail=detail),
    )
