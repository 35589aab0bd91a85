"""Requests that wait: operators are reminded, administrators are told, and at last the request lapses with a letter.

The times are those of the rule of each part that is not decided (`rules.py`), counted from the moment at which the
request joined the queue. A question that the person has not answered in time makes the request lapse too.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from threading import Event
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.actor import Actor
from config.audit.trail import Audit, AuditEntry
from config.mail import Letters
from config.sql.database import Database, DatabaseUnavailable
from enrollment.audit_kinds import EnrollmentAuditKind
from enrollment.decision_letters import lapse_letter, waiting_letter
from enrollment.office.rules import Rule, Rules
from enrollment.requests.history import add_event
from enrollment.requests.models import EnrollmentRequest, MoreAsked
from enrollment.requests.requests import lock_request, move, parts_of
from enrollment.requests.states import QUEUED, RequestState
from enrollment.requests.vocabulary import PartDecision
from enrollment.settings import EnrollmentSettings

EVERY: Final = timedelta(hours=1)
AT_ONCE: Final = 200
REMINDERS: Final = Actor.service("reminders")

logger = logging.getLogger(__name__)


class WaitingEvent(StrEnum):
    """The lines of a request's history that waiting adds."""

    REMINDED = "reminded"
    ESCALATED = "escalated"
    LAPSED = "lapsed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """The references of the requests of which operators were reminded, administrators told, and persons informed."""

    reminded: tuple[str, ...]
    escalated: tuple[str, ...]
    lapsed: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.reminded or self.escalated or self.lapsed)


class Reminders:
    """The job that reminds."""

    def __init__(
        self, *, settings: EnrollmentSettings, database: Database, audit: Audit, letters: Letters, rules: Rules
    ) -> None:
        self._settings = settings
        self._database = database
        self._audit = audit
        self._letters = letters
        self._rules = rules

    def run_forever(self, stop: Event) -> None:
        """Remind now, and every hour until `stop` is set. Several nodes may: each request is locked meanwhile."""
        while not stop.is_set():
            try:
                told = self.run()
            except DatabaseUnavailable:
                logger.info("reminders wait for the database")
            else:
                if told:
                    logger.info("reminded", extra={name: len(each) for name, each in asdict(told).items()})
            stop.wait(EVERY.total_seconds())

    def run(self) -> Told:
        """See to every request of the queue once; operators get one letter for all that is reminded of.

        Raises:
            DatabaseUnavailable
        """
        now = datetime.now(UTC)
        found: dict[WaitingEvent, list[str]] = {event: [] for event in WaitingEvent}
        for request_id in self._queued():
            with self._database.transaction() as session:
                request = lock_request(session, request_id)
                if request is not None and (event := self._see_to(session, request, now)) is not None:
                    found[event].append(request.reference or "")
        told = Told(**{str(event): tuple(references) for event, references in found.items()})
        self._write(told)
        return told

    def _queued(self) -> Iterator[str]:
        """The identifiers of the requests in the queue, a few at a time."""
        last = ""
        while True:
            page = (
                select(EnrollmentRequest.id)
                .where(EnrollmentRequest.state.in_(QUEUED), EnrollmentRequest.id > last)
                .order_by(EnrollmentRequest.id)
                .limit(AT_ONCE)
            )
            with self._database.reading() as connection:
                identifiers: Sequence[str] = list(connection.scalars(page))
            if not identifiers:
                return
            yield from identifiers
            last = identifiers[-1]

    def _see_to(self, session: Session, request: EnrollmentRequest, now: datetime) -> WaitingEvent | None:
        """What is due of one request; at most one thing at a time."""
        if request.state == RequestState.MORE_ASKED:
            return self._lapse(session, request, now) if self._is_unanswered(session, request, now) else None
        if request.state != RequestState.PENDING:
            return None
        joined = request.email_verified_at or request.submitted_at or request.created_at
        waited = now - joined
        rules = [
            self._rules.of(session, part.kind, part.name)
            for part in parts_of(session, request.id)
            if part.decision == PartDecision.OPEN
        ]
        if _is_due(rules, lambda rule: waited >= rule.lapse_after):
            return self._lapse(session, request, now)
        if request.escalated_at is None and _is_due(rules, lambda rule: waited >= rule.escalate_after):
            request.escalated_at = now
            return self._tell(session, request, WaitingEvent.ESCALATED, now)
        since = now - (request.reminded_at or joined)
        if _is_due(rules, lambda rule: since >= rule.remind_after):
            request.reminded_at, request.reminders = now, request.reminders + 1
            return self._tell(session, request, WaitingEvent.REMINDED, now)
        return None

    def _is_unanswered(self, session: Session, request: EnrollmentRequest, now: datetime) -> bool:
        asked = select(MoreAsked).where(MoreAsked.request_id == request.id, MoreAsked.answered_at.is_(None))
        return any(each.answer_by <= now for each in session.scalars(asked))

    def _lapse(self, session: Session, request: EnrollmentRequest, now: datetime) -> WaitingEvent:
        move(request, RequestState.LAPSED, now=now)
        add_event(session, request.id, WaitingEvent.LAPSED, at=now, actor=str(REMINDERS))
        self._audit.record(
            session,
            AuditEntry(
                kind=EnrollmentAuditKind.REQUEST_LAPSED, actor=REMINDERS, detail={"reference": request.reference}
            ),
        )
        self._letters.post(session, lapse_letter(request, self._settings))
        return WaitingEvent.LAPSED

    def _tell(self, session: Session, request: EnrollmentRequest, event: WaitingEvent, now: datetime) -> WaitingEvent:
        """Add the line of the history. The version stays, so that an operator who is deciding is not interrupted."""
        add_event(session, request.id, event, at=now, actor=str(REMINDERS))
        return event

    def _write(self, told: Told) -> None:
        """One letter to the operators' mailbox, one to the administrators'."""
        settings = self._settings
        for references, mailbox in (
            (told.reminded, settings.operators_email),
            (told.escalated, settings.administrators_email or settings.operators_email),
        ):
            if references and mailbox:
                with self._database.transaction() as session:
                    self._letters.post(session, waiting_letter(references, mailbox, settings))


def _is_due(rules: Sequence[Rule], due: Callable[[Rule], bool]) -> bool:
    """Whether a part that is not decided is due. A part that nobody approves can only be refused, or lapse."""
    return any(due(rule) for rule in rules)
