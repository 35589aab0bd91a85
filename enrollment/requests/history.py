"""The history of a request, which its page shows: what happened, who did it and when."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from enrollment.requests.models import RequestEvent

PERSON: Final = "person"
"""The actor of what the person did. An operator is named by their `sub`, the service by `service`."""


class HistoryKind(StrEnum):
    """What the person did with their request. The decisions of operators have kinds of their own."""

    SENT = "sent"
    EMAIL_CORRECTED = "email-corrected"
    EMAIL_VERIFIED = "email-verified"
    ANSWERED = "answered"
    WITHDRAWN = "withdrawn"


def add_event(
    session: Session,
    request_id: str,
    kind: str,
    *,
    at: datetime,
    actor: str = PERSON,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Add a line to the history of a request, in the caller's transaction."""
    session.add(RequestEvent(request_id=request_id, at=at, kind=kind, actor=actor, detail=dict(detail or {})))


def answered_fields(session: Session, request_id: str) -> frozenset[str]:
    """The fields that the person could change in answers to operators, after the request was sent."""
    answers = select(RequestEvent.detail).where(
        RequestEvent.request_id == request_id, RequestEvent.kind == HistoryKind.ANSWERED
    )
    return frozenset(field for detail in session.scalars(answers) for field in detail.get("fields", ()))


def history_of(session: Session, request_id: str) -> list[RequestEvent]:
    """The lines of a request's history, oldest first."""
    of_request = select(RequestEvent).where(RequestEvent.request_id == request_id)
    return list(session.scalars(of_request.order_by(RequestEvent.at, RequestEvent.id)))
