"""Enrollment requests made for tests, in any state: valid by default, name only what matters. Everybody is invented."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from enrollment.requests.models import EnrollmentRequest, RequestPart
from enrollment.requests.person import searched_name
from enrollment.requests.references import next_reference
from enrollment.requests.states import RequestState, is_final
from enrollment.requests.vocabulary import Confidentiality, PartDecision, PartKind, RequestKind

PARIS = ZoneInfo("Europe/Paris")
RPPS = "99700123450"  # of the test range 997, which belongs to nobody
BEGUN = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


def a_person(**named: Any) -> dict[str, Any]:
    """The columns of a person; those of Éloïse d'Aubrac unless `named` says otherwise."""
    usual = {
        "rpps": RPPS,
        "profession": "10",
        "title": "DR",
        "civility": "MME",
        "family_name": "d’Aubrac",
        "given_name": "Éloïse",
        "birth_name": "Villemont",
        "country": "FR",
        "street": "12, rue des Tilleuls",
        "postcode": "45000",
        "town": "Orléans",
        "department": "45",
        "telephone": "+33200000000",
        "email": "eloise.daubrac@exemple.test",
        "confidentiality": Confidentiality.PROFESSIONALS,
    }
    person = usual | named
    names = {name: str(person[name]) for name in ("family_name", "given_name", "birth_name")}
    return {"folded_name": searched_name(**names)} | person


def an_account_part(**named: Any) -> RequestPart:
    return a_part(PartKind.ACCOUNT, **named)


def a_part(kind: PartKind, name: str = "", **named: Any) -> RequestPart:
    """A part that nobody has decided unless `named` says otherwise."""
    usual = {"id": uuid4().hex, "kind": kind, "name": name, "decision": PartDecision.OPEN}
    return RequestPart(**(usual | named))


def a_request(
    session: Session,
    state: RequestState = RequestState.PENDING,
    *,
    parts: Sequence[RequestPart] | None = None,
    begun: datetime = BEGUN,
    **named: Any,
) -> EnrollmentRequest:
    """A request in `state`, with the instants and the reference that such a request has, added to `session`.

    It asks for an account alone unless `parts` says otherwise; decided ones are accepted.
    """
    sent = begun + timedelta(minutes=10)
    verified = sent + timedelta(minutes=4)
    ended = verified + timedelta(days=1)
    is_sent = state is not RequestState.DRAFT
    usual: dict[str, Any] = {
        "id": uuid4().hex,
        "kind": RequestKind.FIRST_ACCOUNT,
        "state": state,
        "language": "fr",
        "created_at": begun,
        "changed_at": begun,
        "conditions_version": "1",
        "conditions_language": "fr",
        "conditions_accepted_at": begun,
    }
    if is_sent:
        usual |= {"reference": next_reference(session, sent, PARIS), "submitted_at": sent, "changed_at": sent}
    if is_sent and state is not RequestState.UNVERIFIED:
        usual |= {"email_verified_at": verified, "changed_at": verified}
    if is_final(state):
        usual |= {"closed_at": ended, "changed_at": ended}
    if state is RequestState.DECIDED:
        usual["decided_at"] = ended
    request = EnrollmentRequest(**(usual | a_person(**named)))
    session.add(request)
    session.flush()
    for part in [an_account_part()] if parts is None else parts:
        part.request_id = request.id
        if state is RequestState.DECIDED and part.decision == PartDecision.OPEN:
            part.decision, part.decided_at = PartDecision.ACCEPTED, ended
        session.add(part)
    return request
