"""Requests with everything that may be kept of a person: for exports, erasure and retention. See `enrollment.py`."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from sqlalchemy.orm import Session

from enrollment.requests.models import (
    EnrollmentRequest,
    MoreAsked,
    OutboxEntry,
    PartVote,
    RequestEvent,
    RequestLink,
    RequestNote,
    RequestPart,
)
from enrollment.requests.states import RequestState
from enrollment.requests.vocabulary import LinkPurpose, PartDecision, PartKind, Vote
from tests.builders.enrollment import a_part, a_request

NOON = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)

ELOISE: dict[str, Any] = {
    "rpps": "99700123450",
    "adeli": "459312344",
    "profession": "10",
    "title": "DR",
    "civility": "MME",
    "family_name": "d’Aubrac",
    "given_name": "Éloïse",
    "birth_name": "Villemont",
    "folded_name": "daubrac eloise villemont",
    "country": "FR",
    "street": "12, rue des Tilleuls",
    "po_box": "BP 12",
    "postcode": "45000",
    "town": "Orléans",
    "cedex": "1",
    "department": "45",
    "telephone": "+33261911234",
    "emergency_telephone": "+33261911235",
    "mobile": "+33639981234",
    "fax": "+33261911236",
    "email": "eloise.daubrac@exemple.test",
    "confidentiality": "professionals",
    "filled_by": {"profession": "register"},
    "card_identity": {"serial": "2800636234"},
    "source_network": "192.0.2.0",
    "account_subject": "subject-of-eloise",
    "existing_account": "handle-of-eloise",
    "assigned_to": "subject-of-camille",
    "assigned_name": "Camille Ferrand",
}


def a_full_request(
    session: Session, *, state: RequestState = RequestState.PENDING, **columns: Any
) -> EnrollmentRequest:
    """One of Éloïse d'Aubrac with every field filled in, sent at `NOON` unless it is a draft, and no part."""
    times = dict.fromkeys(("email_verified_at", "decided_at", "closed_at"))
    times |= {"created_at": NOON, "changed_at": NOON, "submitted_at": None if state == RequestState.DRAFT else NOON}
    key = {"browser_key_hash": uuid4().hex}
    return a_request(session, state, parts=[], **(ELOISE | times | key | columns))


def the_dcc(session: Session, request: EnrollmentRequest, decision: PartDecision, **columns: Any) -> RequestPart:
    """The DCC, asked for in her own words."""
    reason = "Éloïse d’Aubrac présente ses patientes en réunion de concertation."
    usual = {"request_id": request.id, "reason": reason, "decision": decision}
    part = a_part(PartKind.APPLICATION, "dcc", **(usual | columns))
    session.add(part)
    session.flush()
    return part


def with_all_that_may_be_kept(session: Session, request: EnrollmentRequest, part: RequestPart) -> None:
    """A line in every table of requests; each text names her."""
    operator = {"operator_sub": "subject-of-camille", "operator_name": "Camille Ferrand"}
    session.add_all(
        [
            PartVote(part_id=part.id, **operator, vote=Vote.ACCEPT, at=NOON),
            RequestEvent(
                request_id=request.id, at=NOON, kind="sent", actor="Éloïse d’Aubrac", detail={"from": "192.0.2.7"}
            ),
            RequestNote(id=uuid4().hex, request_id=request.id, text="Éloïse, ...", **operator, at=NOON),
            MoreAsked(
                id=uuid4().hex, request_id=request.id, fields=["rpps"], words="Éloïse, votre numéro ?", **operator,
                asked_at=NOON, answer_by=NOON,
            ),
            RequestLink(
                token_hash=uuid4().hex, request_id=request.id, purpose=LinkPurpose.STATUS, created_at=NOON, ends_at=None
            ),
            OutboxEntry(
                id=uuid4().hex, request_id=request.id, sequence=1, created_at=NOON, called_at=NOON, delivered_at=NOON,
                body={"family_name": "d’Aubrac", "communities": [], "entitlements": []},
            ),
        ]
    )  # fmt: skip
    session.flush()
