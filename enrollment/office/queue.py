"""The queue: the requests that operators see, filtered and searched, a page at a time, the oldest first.

A page costs the same however many requests there are: it begins after the last request of the page before
(`submitted_at`, `id`) and follows an index for each state. Counts stop at `COUNTED`.
"""

import heapq
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, func, or_, select

from config.reference.names import folded
from config.sql.database import Database
from enrollment.requests.models import EnrollmentRequest, RequestPart
from enrollment.requests.references import PREFIX, reference_of
from enrollment.requests.states import RequestState
from enrollment.requests.vocabulary import PartKind, RequestKind

PAGE_SIZE: Final = 25
COUNTED: Final = 100
LONGEST_SEARCH: Final = 100
YEARS_SEARCHED: Final = 5  # a reference may be typed as its number alone
MOST_WORDS: Final = 6

_REFERENCE: Final = re.compile(rf"{PREFIX}-\d{{4}}-\d{{6}}", re.ASCII)


class QueueState(StrEnum):
    """The states that an operator chooses among; each stands for some of `RequestState`."""

    PENDING = "pending"
    MORE_ASKED = "more_asked"
    DECIDED = "decided"
    CLOSED = "closed"
    ALL = "all"


STATES: Final[Mapping[QueueState, tuple[RequestState, ...]]] = {
    QueueState.PENDING: (RequestState.PENDING,),
    QueueState.MORE_ASKED: (RequestState.MORE_ASKED,),
    QueueState.DECIDED: (RequestState.DECIDED,),
    QueueState.CLOSED: (RequestState.WITHDRAWN, RequestState.LAPSED),
    QueueState.ALL: (
        RequestState.PENDING,
        RequestState.MORE_ASKED,
        RequestState.DECIDED,
        RequestState.WITHDRAWN,
        RequestState.LAPSED,
    ),
}
"""Operators see no draft, and no request whose e-mail address is still to be verified."""


class Assigned(StrEnum):
    """Who follows a request; the page has the subject of a colleague in the place of these words, too."""

    ANYBODY = ""
    ME = "me"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What is wanted of the queue.

    Attributes:
        search: a name, a reference or an RPPS number; "" is all.
        part: the kind of a part that is asked for; "" is any. So are the two below.
        community: the name of a community that is asked for.
        came_from: the client_id of the application that the person came for.
        assigned_to: the subject of an operator, with `Assigned.ME`.
        older_than: how long the request has waited at least.
    """

    state: QueueState = QueueState.PENDING
    search: str = ""
    part: str = ""
    community: str = ""
    came_from: str = ""
    assigned: Assigned = Assigned.ANYBODY
    assigned_to: str = ""
    older_than: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """The last request of a page: the next one begins after it."""

    submitted_at: datetime
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueLine:
    """A request of the queue, its parts, and whether another request has the same number or mailbox."""

    request: EnrollmentRequest
    parts: tuple[RequestPart, ...]
    is_duplicate: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueSlice:
    """The requests of one page of the queue; `next` is where the following page begins, None after the last."""

    lines: tuple[QueueLine, ...]
    next: Position | None


class Queue:
    """Reads the queue."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def page(self, filters: Filters, *, now: datetime, after: Position | None = None) -> QueueSlice:
        """The requests that `filters` want, the oldest first, from `after` on."""
        wanted = _conditions(filters, now)
        table = EnrollmentRequest.__table__
        found: list[Sequence[Any]] = []
        with self._database.reading() as connection:
            for states in _states_read_together(filters):
                page = select(table.c.id).where(table.c.state.in_(states), *wanted)
                if after is not None:
                    page = page.where(
                        or_(
                            table.c.submitted_at > after.submitted_at,
                            and_(table.c.submitted_at == after.submitted_at, table.c.id > after.id),
                        ),
                        table.c.submitted_at >= after.submitted_at,
                    )
                page = page.order_by(table.c.submitted_at, table.c.id).limit(PAGE_SIZE + 1)
                # The identifiers are sorted alone: a request has fifty columns.
                whole = select(table).where(table.c.id.in_(page)).order_by(table.c.submitted_at, table.c.id)
                found.append(connection.execute(whole).all())
            merged = list(heapq.merge(*found, key=lambda row: (row.submitted_at, row.id)))
            requests = [EnrollmentRequest(**row._mapping) for row in merged[: PAGE_SIZE + 1]]
            shown = requests[:PAGE_SIZE]
            parts = _parts(connection, [request.id for request in shown])
            duplicates = _duplicates(connection, shown)
        lines = tuple(
            QueueLine(request=each, parts=tuple(parts.get(each.id, ())), is_duplicate=each.id in duplicates)
            for each in shown
        )
        last = shown[-1] if len(requests) > PAGE_SIZE else None
        position = None if last is None or last.submitted_at is None else _position(last, last.submitted_at)
        return QueueSlice(lines=lines, next=position)

    def counts(self, views: Iterable[Filters], *, now: datetime) -> tuple[int, ...]:
        """How many requests each of `views` has, counted up to `COUNTED`, in one statement."""
        table = EnrollmentRequest.__table__
        counted = []
        for filters in views:
            matching = select(table.c.id).where(table.c.state.in_(STATES[filters.state]), *_conditions(filters, now))
            limited = matching.limit(COUNTED).subquery()
            counted.append(select(func.count()).select_from(limited).scalar_subquery())
        if not counted:
            return ()
        with self._database.reading() as connection:
            return tuple(connection.execute(select(*counted)).one())


def _position(request: EnrollmentRequest, submitted_at: datetime) -> Position:
    return Position(submitted_at=submitted_at, id=request.id)


def _states_read_together(filters: Filters) -> list[tuple[RequestState, ...]]:
    """The states of each statement: one a state, which follows the index; one of all of them for a search."""
    states = STATES[filters.state]
    return [states] if filters.search.strip() else [(state,) for state in states]


def _conditions(filters: Filters, now: datetime) -> list[ColumnElement[bool]]:
    table = EnrollmentRequest.__table__
    conditions: list[ColumnElement[bool]] = [table.c.submitted_at.is_not(None)]
    if filters.state in (QueueState.CLOSED, QueueState.ALL):  # withdrawn or lapsed before any operator could see it
        was_seen = (table.c.email_verified_at.is_not(None), table.c.state == RequestState.PENDING)
        conditions.append(or_(*was_seen, table.c.kind == RequestKind.IN_PERSON))
    if filters.search.strip():
        conditions.append(_search(filters.search.strip()[:LONGEST_SEARCH], now))
    if filters.part:
        conditions.append(_asks_for(filters.part, None))
    if filters.community:
        conditions.append(_asks_for(PartKind.COMMUNITY, filters.community))
    if filters.came_from:
        conditions.append(table.c.target_application == filters.came_from)
    if filters.assigned is Assigned.ME:
        conditions.append(table.c.assigned_to == filters.assigned_to)
    elif filters.assigned is Assigned.NOBODY:
        conditions.append(table.c.assigned_to.is_(None))
    if filters.older_than is not None:
        conditions.append(table.c.submitted_at <= now - filters.older_than)
    return conditions


def _asks_for(kind: str, name: str | None) -> ColumnElement[bool]:
    part = RequestPart.__table__
    asked = select(part.c.id).where(part.c.request_id == EnrollmentRequest.__table__.c.id, part.c.kind == kind)
    return (asked if name is None else asked.where(part.c.name == name)).exists()


def _search(typed: str, now: datetime) -> ColumnElement[bool]:
    """By reference, by RPPS number, else by name: each word, folded, is somewhere in the names."""
    table = EnrollmentRequest.__table__
    compact = re.sub(r"[\s.]", "", typed)
    if _REFERENCE.fullmatch(compact.upper()):
        return table.c.reference == compact.upper()
    if re.fullmatch(r"\d{11}", compact, re.ASCII):
        return table.c.rpps == compact
    if re.fullmatch(r"\d{1,6}", compact, re.ASCII):
        years = range(now.year - YEARS_SEARCHED, now.year + 2)
        return table.c.reference.in_([reference_of(year, int(compact)) for year in years])
    words = [word for word in map(folded, typed.split()) if word][:MOST_WORDS]
    # The index of the queue's order has the state and the names: the database stops once a page is found.
    named = [table.c.folded_name.contains(word, autoescape=True) for word in words]
    return and_(*named) if words else table.c.reference == typed


def _parts(connection: Any, requests: Sequence[str]) -> Mapping[str, list[RequestPart]]:
    table = RequestPart.__table__
    found: dict[str, list[RequestPart]] = {}
    if requests:
        rows = connection.execute(
            select(table).where(table.c.request_id.in_(requests)).order_by(table.c.kind, table.c.name)
        )
        for row in rows:
            found.setdefault(row.request_id, []).append(RequestPart(**row._mapping))
    return found


def _duplicates(connection: Any, shown: Sequence[EnrollmentRequest]) -> frozenset[str]:
    """Those of `shown` whose number or mailbox another request has too."""
    table = EnrollmentRequest.__table__
    doubled: dict[str, frozenset[str]] = {}
    for name in ("rpps", "email"):
        values = {getattr(request, name) for request in shown} - {""}
        rows: Iterable[Any] = ()
        if values:
            column = table.c[name]
            sent = and_(column.in_(values), table.c.submitted_at.is_not(None))
            rows = connection.execute(select(column).where(sent).group_by(column).having(func.count() > 1))
        doubled[name] = frozenset(row[0] for row in rows)
    return frozenset(each.id for each in shown if each.rpps in doubled["rpps"] or each.email in doubled["email"])
