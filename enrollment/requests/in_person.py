"""Requests that an operator fills in with the person in front of them: who has filled one in, and what they have seen.

Both are a line of the request's history. The number of an identity document is kept nowhere.
"""

from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import Connection, select
from sqlalchemy.orm import Session

from enrollment.requests.history import add_event
from enrollment.requests.models import RequestEvent

ENROLLED: Final = "enrolled"
"""The kind of that line."""


class IdentityDocument(StrEnum):
    """What shows who a person is."""

    IDENTITY_CARD = "identity-card"
    PASSPORT = "passport"
    RESIDENCE_PERMIT = "residence-permit"
    PROFESSIONAL_CARD = "professional-card"


def add_enroller(
    session: Session, request_id: str, *, subject: str, name: str, document: IdentityDocument, at: datetime
) -> None:
    """Write that the operator of `subject` fills in a request and has seen `document`, in the caller's transaction."""
    add_event(session, request_id, ENROLLED, at=at, actor=subject, detail={"by": name, "document": document})


def enrolled_by(reader: Connection | Session, request_id: str) -> str | None:
    """The `sub` of the operator who has filled in a request; None when the person has."""
    return reader.scalar(
        select(RequestEvent.actor).where(RequestEvent.request_id == request_id, RequestEvent.kind == ENROLLED)
    )
