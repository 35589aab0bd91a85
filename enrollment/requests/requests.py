"""Requests are read, locked and moved from one state to the next here, in the caller's transaction."""

from datetime import datetime

from sqlalchemy import Connection, select
from sqlalchemy.orm import Session

from enrollment.requests.models import EnrollmentRequest, RequestPart
from enrollment.requests.states import RequestState, check_transition, is_final


def lock_request(session: Session, request_id: str) -> EnrollmentRequest | None:
    """The request, which nothing else changes until the caller's transaction ends; None when it does not exist."""
    return session.get(EnrollmentRequest, request_id, with_for_update=True, populate_existing=True)


def parts_of(session: Session, request_id: str) -> list[RequestPart]:
    """What a request asks for: the account first, then by kind and name."""
    of_request = select(RequestPart).where(RequestPart.request_id == request_id)
    return list(session.scalars(of_request.order_by(RequestPart.kind, RequestPart.name)))


def move(request: EnrollmentRequest, wanted: RequestState, *, now: datetime) -> None:
    """Give a locked request its next state.

    A decided request is not closed by this: it is when what was accepted has been delivered.

    Raises:
        TransitionRefused: the request may not go there from where it is.
    """
    check_transition(RequestState(request.state), wanted)
    request.state = wanted
    touch(request, now=now)
    if is_final(wanted) and wanted is not RequestState.DECIDED:
        request.closed_at = now


def touch(request: EnrollmentRequest, *, now: datetime) -> None:
    """Count a change of a locked request: a page that shows the former version is told so when it saves."""
    request.version += 1
    request.changed_at = now


def read_request(connection: Connection, **where: str) -> EnrollmentRequest | None:
    """A copy of the request whose columns have these values, without a transaction; to be read only."""
    table = EnrollmentRequest.__table__
    wanted = select(table).where(*(table.c[name] == value for name, value in where.items()))
    row = connection.execute(wanted).one_or_none()
    return None if row is None else EnrollmentRequest(**row._mapping)


def read_parts(connection: Connection, request_id: str) -> list[RequestPart]:
    """Copies of the parts of a request, in the order of `parts_of`; to be read only."""
    table = RequestPart.__table__
    rows = connection.execute(
        select(table).where(table.c.request_id == request_id).order_by(table.c.kind, table.c.name)
    )
    return [RequestPart(**row._mapping) for row in rows]
