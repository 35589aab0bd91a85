"""Requests of people who do not exist, put into the database as they are after a while."""

from datetime import UTC, datetime
from itertools import count
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
from enrollment.requests.vocabulary import LinkPurpose, NoteAudience, PartDecision, PartKind, RequestKind, Vote

NOON = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)

_numbers = count(1)

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


def a_request(session: Session, *, state: RequestState = RequestState.PENDING, **columns: Any) -> EnrollmentRequest:
    """One of Éloïse d'Aubrac, sent at `NOON` unless it is a draft, with nothing beside it."""
    is_draft = state == RequestState.DRAFT
    request = EnrollmentRequest(
        **{
            "id": uuid4().hex,
            "reference": None if is_draft else f"INS-2026-{next(_numbers):06d}",
            "kind": RequestKind.FIRST_ACCOUNT,
            "state": state,
            "language": "fr",
            "created_at": NOON,
            "changed_at": NOON,
            "submitted_at": None if is_draft else NOON,
            "browser_key_hash": uuid4().hex,
        }
        | ELOISE
        | columns
    )
    session.add(request)
    session.flush()
    return request


def a_part(session: Session, request: EnrollmentRequest, decision: PartDecision, **columns: Any) -> RequestPart:
    """The DCC, asked for in her own words."""
    part = RequestPart(
        **{
            "id": uuid4().hex,
            "request_id": request.id,
            "kind": PartKind.APPLICATION,
            "name": "dcc",
            "reason": "Éloïse d’Aubrac présente ses patientes en réunion de concertation.",
            "decision": decision,
        }
        | columns
    )
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
            *(
                RequestNote(
                    id=uuid4().hex, request_id=request.id, audience=audience, text="Éloïse, ...", **operator, at=NOON
                )
                for audience in NoteAudience
            ),
            MoreAsked(
                id=uuid4().hex, request_id=request.id, fields=["rpps"], words="Éloïse, votre numéro ?", **operator,
                asked_at=NOON, answer_by=NOON,
            ),
            RequestLink(
                token_hash=uuid4().hex, request_id=request.id, purpose=LinkPurpose.STATUS, created_at=NOON, ends_at=None
            ),
            OutboxEntry(
                id=uuid4().hex, request_id=request.id, sequence=1, body={"family_name": "d’Aubrac"}, created_at=NOON,
                delivered_at=NOON,
            ),
        ]
    )  # fmt: skip
    session.flush()
