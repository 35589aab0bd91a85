"""The personal data of a request: which columns they are, how a request is told in full, and how it is reduced.

When a person is erased, the decision on a request that was verified is kept: its reference, its kind, what was asked
for, what was decided of each part, by whom and when. Of one that was never verified nothing is kept.

Every column of every table of a request is in one of the lists below; a test compares them with the tables.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from enrollment.requests.history import PERSON
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
from enrollment.requests.person import PERSON_FIELDS
from enrollment.requests.states import RequestState

NEVER_VERIFIED: Final = frozenset({RequestState.DRAFT, RequestState.UNVERIFIED})

KEPT: Final = frozenset(
    {
        "id", "reference", "kind", "state", "language", "version", "created_at", "changed_at", "submitted_at",
        "email_verified_at", "decided_at", "closed_at", "erased_at", "target_application", "conditions_version",
        "conditions_language", "conditions_accepted_at", "reminded_at", "reminders", "escalated_at", "assigned_at",
    }
)  # fmt: skip
"""What stays in `enrollment_request`: nothing of it tells who the person is."""

EMPTIED: Final[Mapping[str, Any]] = {
    **dict.fromkeys((*PERSON_FIELDS, "folded_name", "source_network", "assigned_name"), ""),
    **dict.fromkeys(
        ("account_subject", "invitation_id", "browser_key_hash", "assigned_to", "existing_account", "card_identity")
    ),
    "filled_by": {},
}
"""What is emptied there, and with what."""

WORDS_EMPTIED: Final = ("reason", "refusal_words")
"""What is emptied in `request_part`: the words of the person, and an operator's to them."""

DELETED: Final = (RequestEvent, RequestNote, MoreAsked, RequestLink, OutboxEntry)
"""The tables whose lines of the request are deleted. Of `part_vote` all is kept: who decided."""

WITHHELD: Final[Mapping[str, frozenset[str]]] = {
    "enrollment_request": frozenset({"browser_key_hash", "folded_name", "version"}),
    "request_link": frozenset({"token_hash"}),
    "part_vote": frozenset({"operator_sub", "operator_name"}),
    "request_note": frozenset({"operator_sub", "operator_name"}),
    "more_asked": frozenset({"operator_sub", "operator_name"}),
    "outbox": frozenset({"body", "result", "last_error"}),
}
"""What an export does not tell of each table: secrets, other people's names, and what only repeats the request."""


WITHHELD_FROM_PERSON: Final[Mapping[str, frozenset[str]]] = {
    "enrollment_request": frozenset({"existing_account", "assigned_to", "assigned_name"}),
}
"""What an export for the person does not tell besides: who they may be, and who follows the request."""

EVENTS_FOR_PERSON: Final = frozenset(
    {
        "sent", "email-corrected", "email-verified", "answered", "withdrawn", "enrolled", "part-accepted",
        "part-refused", "more-asked", "decided", "lapsed", "delivered",
    }
)  # fmt: skip
"""The lines of the history that an export for the person has. The others say what operators and the identity provider
know of other people: that an account was recognised, that a number is another's."""

DETAILS_FOR_PERSON: Final = frozenset({"kind", "name", "code", "fields", "document"})
"""What it tells of each: neither the operator nor the account."""


def erase_person(session: Session, requests: Iterable[EnrollmentRequest], *, now: datetime) -> int:
    """Delete the requests that were never verified and reduce the others to their decision, in the caller's
    transaction; how many there were."""
    reduced: list[str] = []
    deleted: list[str] = []
    for request in requests:
        (deleted if request.state in NEVER_VERIFIED else reduced).append(request.id)
    if reduced:
        emptied = update(EnrollmentRequest).where(EnrollmentRequest.id.in_(reduced))
        session.execute(emptied.values(**EMPTIED, erased_at=now))
        parts = update(RequestPart).where(RequestPart.request_id.in_(reduced))
        session.execute(parts.values(dict.fromkeys(WORDS_EMPTIED, "")))
        for table in DELETED:
            session.execute(delete(table).where(table.request_id.in_(reduced)))
    delete_requests(session, deleted)
    return len(reduced) + len(deleted)


def delete_requests(session: Session, identifiers: Iterable[str]) -> None:
    """Delete requests with all that belongs to them, in the caller's transaction."""
    if deleted := list(identifiers):
        session.execute(delete(EnrollmentRequest).where(EnrollmentRequest.id.in_(deleted)))  # the rest cascades


def told_in_full(session: Session, request: EnrollmentRequest, *, for_person: bool) -> dict[str, Any]:
    """Everything that is kept of a request and concerns the person, as JSON has it.

    With `for_person`, without what operators know of others and write to each other: the person of a request is
    the one who has sent it, and may have typed the number of another.
    """
    parts = []
    for part in _lines(session, RequestPart, request):
        votes = session.scalars(select(PartVote).where(PartVote.part_id == part.id).order_by(PartVote.at))
        parts.append(_told(part) | {"votes": [_told(vote) for vote in votes]})
    return {
        "request": _told(request, WITHHELD_FROM_PERSON if for_person else {}),
        "parts": parts,
        "history": _history(session, request, for_person=for_person),
        "notes": [] if for_person else [_told(note) for note in _lines(session, RequestNote, request)],
        "more_asked": [_told(asked) for asked in _lines(session, MoreAsked, request)],
        "links": [_told(link) for link in _lines(session, RequestLink, request)],
        "deliveries": [_told(entry) for entry in _lines(session, OutboxEntry, request)],
    }


def _lines(session: Session, table: Any, request: EnrollmentRequest) -> list[Any]:
    in_order = table.__table__.primary_key.columns
    return list(session.scalars(select(table).where(table.request_id == request.id).order_by(*in_order)))


def _history(session: Session, request: EnrollmentRequest, *, for_person: bool) -> list[dict[str, Any]]:
    events = [_told(event) for event in _lines(session, RequestEvent, request)]
    if not for_person:
        return events
    return [
        event
        | {
            "actor": event["actor"] if event["actor"] == PERSON else "service",
            "detail": {name: value for name, value in event["detail"].items() if name in DETAILS_FOR_PERSON},
        }
        for event in events
        if event["kind"] in EVENTS_FOR_PERSON
    ]


def _told(row: Any, withheld: Mapping[str, frozenset[str]] = MappingProxyType({})) -> dict[str, Any]:
    table = row.__table__
    left_out = WITHHELD.get(table.name, frozenset()) | withheld.get(table.name, frozenset())
    told = (name for name in table.columns.keys() if name not in left_out)  # noqa: SIM118
    return {name: _as_json(getattr(row, name)) for name in told}


def _as_json(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
