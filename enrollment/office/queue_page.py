"""The page of the queue, `/office`: the filters are in its address, so that a view is a link that can be kept."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import ClassVar, Final
from urllib.parse import urlencode

from flask import g, request
from werkzeug.wrappers import Response as AnyResponse

from config.reference.professions import label_of
from config.web.pages import Page, render
from enrollment.offer import Offer
from enrollment.office.evidence import Grade, claim_of, has_wrong_key
from enrollment.office.names import application_name, part_name
from enrollment.office.operators import Operator, Permission, falls_to_region
from enrollment.office.queue import COUNTED, Assigned, Filters, Position, Queue, QueueLine, QueueState
from enrollment.office.services import OfficeServices
from enrollment.office.views import OfficeViews
from enrollment.register.matching import RegisterOutcome, compared
from enrollment.register.register import Register
from enrollment.requests.person import person_name
from enrollment.requests.vocabulary import PartDecision, PartKind, RequestKind

AGES: Final[tuple[int, ...]] = (2, 5, 10)  # days
EXPORT: Final = "/office/export.csv"
LONGEST_PARAMETER: Final = 255

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)

VIEWS: Final[tuple[tuple[str, Mapping[str, str]], ...]] = (
    ("view.to-decide", {}),
    ("view.mine", {"assigned": "me"}),
    ("view.unassigned", {"assigned": "nobody"}),
    ("view.old", {"age": "5"}),
    ("view.more-asked", {"state": "more_asked"}),
    ("view.decided", {"state": "decided"}),
)
"""The saved views: the code of the words, and the parameters of the address."""
NOT_COUNTED: Final = frozenset({"view.decided"})


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedView:
    """A link to a view. `count` is None when it is not counted."""

    code: str
    address: str
    count: int | None
    is_current: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueRow:
    """A line of the table.

    Attributes:
        tags: codes of what is known of the person, with how far each is to be trusted (`Grade`), and `tag.region` where
            the operators of the region decide on a part that has no approvers.
        waits_days, waits_hours: since when the request was sent.
        is_late: it waits for longer than operators are given before they are reminded.
    """

    address: str
    name: str
    profession: str
    reference: str
    parts: tuple[str, ...]
    tags: tuple[tuple[str, str], ...]
    came_from: str
    assigned_name: str
    assigned_to: str
    waits_days: int
    waits_hours: int
    is_late: bool
    reminders: int


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuePage(Page):
    """The queue: saved views, filters and one page of requests. Choices are (value, words)."""

    template: ClassVar[str] = "office/queue.html"

    views: tuple[SavedView, ...]
    given: Mapping[str, str]
    communities: tuple[tuple[str, str], ...]
    applications: tuple[tuple[str, str], ...]
    rows: tuple[QueueRow, ...]
    export_address: str
    next_address: str | None
    first_address: str | None
    counted: int = COUNTED
    ages: tuple[int, ...] = AGES

    @property
    def colleague(self) -> str | None:
        """The subject of the colleague whose requests are shown."""
        return self.given["assigned"] if self.given["assigned"] not in set(Assigned) else None


def add_queue_page(views: OfficeViews, services: OfficeServices) -> None:
    queue = Queue(services.database)

    @views.get("/office", Permission.READ)
    def show(operator: Operator) -> AnyResponse:
        g.section = "/office"
        given = given_filters()
        now = datetime.now(UTC)
        language = services.web.language()
        offer = services.offer()
        with services.web.using_language(language):
            found = queue.page(filters_of(given, operator), now=now, after=_after(request.args.get("after", "")))
            evidence = _register_evidence(services.register, found.lines)
            rows = tuple(
                queue_row(line, offer, services, now, language, in_register=evidence.get(line.request.id))
                for line in found.lines
            )
            page = QueuePage(
                views=_views(queue, given, operator, now),
                given=dict.fromkeys(("q", "state", "part", "community", "origin", "assigned", "age"), "") | given,
                communities=_communities(offer, language),
                applications=_applications(offer, language),
                rows=rows,
                export_address=_address(given, EXPORT),
                next_address=None if found.next is None else _address(given | {"after": _token(found.next)}),
                first_address=_address(given) if "after" in request.args else None,
            )
        return render(page)


def given_filters() -> dict[str, str]:
    """The filters of the address; one that is not known is left out."""
    allowed: dict[str, frozenset[str]] = {
        "state": frozenset(QueueState),
        "part": frozenset(PartKind),
        "age": frozenset(map(str, AGES)),
    }
    given = {}
    for name in ("q", "state", "part", "community", "origin", "assigned", "age"):
        value = request.args.get(name, "").replace("\x00", "").strip()[:LONGEST_PARAMETER]
        if value and (name not in allowed or value in allowed[name]):
            given[name] = value
    return given


def filters_of(given: Mapping[str, str], operator: Operator) -> Filters:
    assigned = given.get("assigned", "")
    return Filters(
        state=QueueState(given.get("state", QueueState.ALL if given.get("q") else QueueState.PENDING)),
        search=given.get("q", ""),
        part=given.get("part", ""),
        community=given.get("community", ""),
        came_from=given.get("origin", ""),
        assigned=Assigned(assigned) if assigned in set(Assigned) else Assigned.ME,
        assigned_to=operator.subject if assigned in set(Assigned) else assigned,
        older_than=timedelta(days=int(given["age"])) if "age" in given else None,
    )


def _views(queue: Queue, given: Mapping[str, str], operator: Operator, now: datetime) -> tuple[SavedView, ...]:
    counted = [(code, parameters) for code, parameters in VIEWS if code not in NOT_COUNTED]
    numbers = queue.counts([filters_of(parameters, operator) for _code, parameters in counted], now=now)
    counts = dict(zip((code for code, _parameters in counted), numbers, strict=True))
    return tuple(
        SavedView(
            code=code, address=_address(parameters), count=counts.get(code), is_current=dict(parameters) == dict(given)
        )
        for code, parameters in VIEWS
    )


def queue_row(
    line: QueueLine,
    offer: Offer | None,
    services: OfficeServices,
    now: datetime,
    language: str,
    *,
    in_register: RegisterOutcome | None = None,
) -> QueueRow:
    """`in_register` is what comparing the person with the register gave, when they were compared."""
    found = line.request
    is_regional = any(
        part.decision == PartDecision.OPEN and falls_to_region(offer, part.kind, part.name) for part in line.parts
    )
    open_parts = [part for part in line.parts if part.decision == PartDecision.OPEN]
    waits = now - (found.submitted_at or now)
    return QueueRow(
        address=f"/office/requests/{found.reference}",
        name=person_name(found, language),
        profession=label_of(found.profession, language),
        reference=found.reference or "",
        parts=tuple(part_name(part.kind, part.name, offer, language) for part in open_parts or line.parts),
        tags=(*_tags(line, in_register), *((("tag.region", Grade.NONE),) if is_regional else ())),
        came_from=application_name(found.target_application, offer, language),
        assigned_name=found.assigned_name if found.assigned_to else "",
        assigned_to=found.assigned_to or "",
        waits_days=max(waits.days, 0),
        waits_hours=max(int(waits.total_seconds() // 3600), 0),
        is_late=bool(open_parts) and waits > services.settings.reminder_after,
        reminders=found.reminders,
    )


def _register_evidence(register: Register, lines: Sequence[QueueLine]) -> Mapping[str, RegisterOutcome]:
    """What comparing each person with the register gives, by the identifier of the request."""
    requests = [line.request for line in lines if line.request.rpps]
    found = register.find_all({request.rpps for request in requests})
    return {each.id: compared(found.get(each.rpps), claim_of(each)).outcome for each in requests}


def _tags(line: QueueLine, in_register: RegisterOutcome | None) -> tuple[tuple[str, str], ...]:
    found = line.request
    is_compared = in_register not in (None, RegisterOutcome.NO_REGISTER)
    tags = [
        ("tag.card", Grade.GOOD, found.card_identity is not None),
        ("tag.account", Grade.GOOD, found.account_subject is not None),
        ("tag.in-person", Grade.GOOD, found.kind == RequestKind.IN_PERSON),
        ("tag.invited", Grade.GOOD, found.invitation_id is not None),
        ("tag.rpps-found", Grade.GOOD, in_register is RegisterOutcome.MATCHED),
        ("tag.email", Grade.NONE, found.email_verified_at is not None and found.card_identity is None),
        ("tag.rpps-differs", Grade.DOUBTFUL, in_register is RegisterOutcome.DIFFERS),
        ("tag.rpps-unknown", Grade.BAD, in_register is RegisterOutcome.UNKNOWN),
        ("tag.rpps-key", Grade.DOUBTFUL, bool(found.rpps) and not is_compared and has_wrong_key(found.rpps)),
        ("tag.no-rpps", Grade.DOUBTFUL, not found.rpps and found.account_subject is None),
        ("tag.duplicate", Grade.DOUBTFUL, line.is_duplicate),
    ]
    return tuple((code, grade) for code, grade, is_so in tags if is_so)


def _communities(offer: Offer | None, language: str) -> tuple[tuple[str, str], ...]:
    return tuple((each.name, each.display_name.in_language(language)) for each in offer.communities) if offer else ()


def _applications(offer: Offer | None, language: str) -> tuple[tuple[str, str], ...]:
    if offer is None:
        return ()
    return tuple(
        (each.client_id, part_name(PartKind.APPLICATION, each.client_id, offer, language))
        for each in offer.applications
    )


def _address(parameters: Mapping[str, str], path: str = "/office") -> str:
    return f"{path}?{urlencode(parameters)}" if parameters else path


def _token(position: Position) -> str:
    return f"{(position.submitted_at - _EPOCH) // _MICROSECOND}-{position.id}"


def _after(token: str) -> Position | None:
    """The position of a token; None, which is the first page, for anything else."""
    found = re.fullmatch(r"(\d{1,16})-([0-9a-f]{32})", token, re.ASCII)
    if found is None:
        return None
    return Position(submitted_at=_EPOCH + int(found[1]) * _MICROSECOND, id=found[2])
