"""The accepted parts of a request that were handed to delivery, and what becomes of them when it is withdrawn."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from enrollment.requests.models import EnrollmentRequest, OutboxEntry, RequestPart
from enrollment.requests.vocabulary import PartDecision, PartKind


def queued_parts(session: Session, request_id: str) -> set[tuple[str, str]]:
    """The kinds and names of the parts that the deliveries of a request have."""
    bodies = session.scalars(select(OutboxEntry.body).where(OutboxEntry.request_id == request_id))
    return set().union(*map(_parts_of_body, bodies))


def withdraw_undelivered(session: Session, request: EnrollmentRequest) -> None:
    """Take back what the identity provider certainly has not received, in the transaction that withdraws the request.

    The caller has locked the request. The parts are as if they had never been decided.
    """
    not_received = (OutboxEntry.request_id == request.id, OutboxEntry.called_at.is_(None))
    for entry in session.scalars(select(OutboxEntry).where(*not_received).with_for_update()):
        session.delete(entry)
    session.flush()
    queued = queued_parts(session, request.id)
    accepted = (RequestPart.request_id == request.id, RequestPart.decision == PartDecision.ACCEPTED)
    for part in session.scalars(select(RequestPart).where(*accepted)):
        if (part.kind, part.name) not in queued:
            part.decision, part.decided_at = PartDecision.OPEN, None


def _parts_of_body(body: Mapping[str, Any]) -> set[tuple[str, str]]:
    """The parts that a body delivers (`delivery/body.py`); the account is one of each."""
    communities = {(str(PartKind.COMMUNITY), str(item["name"])) for item in body["communities"]}
    applications = {(str(PartKind.APPLICATION), str(item["client_id"])) for item in body["entitlements"]}
    return {(str(PartKind.ACCOUNT), ""), *communities, *applications}
