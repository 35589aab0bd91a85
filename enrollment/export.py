"""One person's data: exported as JSON, and erased (RGPD, articles 15, 17 and 20).

A person is named by the reference of a request, or by an e-mail address: then all of its requests and invitations are
meant. `enrollment person` and the page of a request's status call these functions.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from config.actor import Actor
from config.audit.trail import Audit, AuditEntry
from config.sql.database import Database
from enrollment.audit_kinds import EnrollmentAuditKind
from enrollment.requests.models import EnrollmentRequest, Invitation, OutboxEntry
from enrollment.requests.personal_data import erase_person, told_in_full
from enrollment.requests.queued import withdraw_undelivered
from enrollment.requests.states import QUEUED, RequestState

FORMAT: Final = 1
"""The version of the form of an export; it changes when a reader would have to."""


class NobodyFound(Exception):
    """No request or invitation has this reference or this e-mail address."""

    def __init__(self, named: str) -> None:
        super().__init__(named)
        self.named = named


class StillDelivering(Exception):
    """What was accepted is still being delivered to the identity provider: erased now, the account would be half."""

    def __init__(self, references: list[str]) -> None:
        super().__init__(", ".join(references))
        self.references = references


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """How much was erased."""

    requests: int
    invitations: int


def export_person(database: Database, audit: Audit, named: str, *, actor: Actor, for_person: bool) -> dict[str, Any]:
    """Everything that is kept of the person with `named`, a reference or an e-mail address, as JSON has it.

    `for_person`: the person reads it, and not an operator who answers for the whole.

    Raises:
        NobodyFound
        DatabaseUnavailable
    """
    with database.transaction() as session:
        requests, invitations = _found(session, named)
        told = [told_in_full(session, request, for_person=for_person) for request in requests]
        _record(session, audit, EnrollmentAuditKind.REQUEST_EXPORTED, requests, actor)
    return {
        "format": FORMAT,
        "exported_at": datetime.now(UTC).isoformat(),
        "requests": told,
        "invitations": [_told_invitation(invitation) for invitation in invitations],
    }


def erase(database: Database, audit: Audit, named: str, *, actor: Actor) -> Erased:
    """Erase the person with `named`, a reference or an e-mail address; what was decided is kept without them.

    A request that is in the queue is withdrawn by this, with what of it was accepted and not sent yet.

    Raises:
        NobodyFound
        StillDelivering: try again when it has been delivered.
        DatabaseUnavailable
    """
    now = datetime.now(UTC)
    with database.transaction() as session:
        requests, invitations = _found(session, named)
        queued = [request.id for request in requests if request.state in QUEUED]
        for request in requests:
            if request.id in queued:
                withdraw_undelivered(session, request)
        if under_way := _under_way(session, requests):
            raise StillDelivering(under_way)
        if queued:
            withdrawn = {"state": RequestState.WITHDRAWN, "closed_at": now, "version": EnrollmentRequest.version + 1}
            session.execute(update(EnrollmentRequest).where(EnrollmentRequest.id.in_(queued)).values(withdrawn))
        count = erase_person(session, requests, now=now)
        session.execute(delete(Invitation).where(Invitation.id.in_([invitation.id for invitation in invitations])))
        _record(session, audit, EnrollmentAuditKind.REQUEST_ERASED, requests, actor)
    return Erased(requests=count, invitations=len(invitations))


def _under_way(session: Session, requests: list[EnrollmentRequest]) -> list[str]:
    """The references of the requests of which something is accepted and not delivered yet, whatever their state."""
    undelivered = select(OutboxEntry.request_id).where(
        OutboxEntry.request_id.in_([request.id for request in requests]), OutboxEntry.delivered_at.is_(None)
    )
    waiting = set(session.scalars(undelivered))
    return [
        str(request.reference)
        for request in requests
        if request.id in waiting or (request.state == RequestState.DECIDED and not request.closed_at)
    ]


def _found(session: Session, named: str) -> tuple[list[EnrollmentRequest], list[Invitation]]:
    """The requests and invitations of a person, locked until the transaction ends."""
    named = named.strip()
    if "@" not in named:
        by_reference = select(EnrollmentRequest).where(EnrollmentRequest.reference == named.upper())
        requests, invitations = list(session.scalars(by_reference.with_for_update())), []
    else:
        address = named.lower()
        by_email = select(EnrollmentRequest).where(func.lower(EnrollmentRequest.email) == address)
        requests = list(session.scalars(by_email.order_by(EnrollmentRequest.created_at).with_for_update()))
        invited = select(Invitation).where(func.lower(Invitation.email) == address)
        invitations = list(session.scalars(invited.order_by(Invitation.created_at).with_for_update()))
    requests = [request for request in requests if request.erased_at is None]
    if not requests and not invitations:
        raise NobodyFound(named)
    return requests, invitations


def _told_invitation(invitation: Invitation) -> dict[str, Any]:
    return {
        "email": invitation.email,
        "given_name": invitation.given_name,
        "family_name": invitation.family_name,
        "approved": invitation.approved,
        "language": invitation.language,
        "created_at": invitation.created_at.isoformat(),
        "ends_at": invitation.ends_at.isoformat(),
        "used_at": invitation.used_at and invitation.used_at.isoformat(),
        "withdrawn_at": invitation.withdrawn_at and invitation.withdrawn_at.isoformat(),
    }


def _record(
    session: Session, audit: Audit, kind: EnrollmentAuditKind, requests: list[EnrollmentRequest], actor: Actor
) -> None:
    """The trail names requests by their reference, and never the person."""
    for request in requests:
        audit.record(session, AuditEntry(kind=kind, actor=actor, detail={"reference": request.reference}))
    if not requests:
        audit.record(session, AuditEntry(kind=kind, actor=actor, detail={"invitations": True}))
