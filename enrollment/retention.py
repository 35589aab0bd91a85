"""What is no longer needed is removed, after the times that the settings state; the trail says how much, and of nobody.

| what | after | becomes |
|---|---|---|
| a draft | `draft_lifetime` without a change | nothing |
| a request whose e-mail address is not verified | its last link has ended | nothing |
| a request withdrawn or lapsed | `withdrawn_retention` | its decision (`requests/personal_data.py`) |
| a request of which every part was refused | `refused_retention` | its decision |
| a request whose acceptance was delivered | `delivered_retention` | its decision |
| a decision without a person | `audit_retention` | nothing |
| an invitation used, withdrawn or ended | `withdrawn_retention` | nothing |
| lines of a former extract of the register | at once | nothing |

A request that is in the queue or being delivered is never purged here: deciding, or lapsing, comes first.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from threading import Event
from typing import Final

from sqlalchemy import ColumnElement, delete, exists, func, or_, select
from sqlalchemy.orm import Session

from config.actor import Actor
from config.audit.trail import Audit, AuditEntry
from config.sql.database import Database, DatabaseUnavailable
from enrollment.audit_kinds import EnrollmentAuditKind
from enrollment.register.importing import clear_former_extracts
from enrollment.requests.models import EnrollmentRequest, Invitation, OutboxEntry, RequestLink, RequestPart
from enrollment.requests.personal_data import delete_requests, erase_person
from enrollment.requests.states import RequestState
from enrollment.requests.vocabulary import LinkPurpose, PartDecision
from enrollment.settings import EnrollmentSettings

AT_ONCE: Final = 200
EVERY: Final = timedelta(hours=6)

logger = logging.getLogger(__name__)

Condition = ColumnElement[bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Purged:
    """How many of each were removed."""

    drafts: int
    unverified: int
    withdrawn: int
    refused: int
    delivered: int
    decisions: int
    invitations: int

    def __bool__(self) -> bool:
        return any(asdict(self).values())


class Retention:
    """The job that purges."""

    def __init__(self, settings: EnrollmentSettings, database: Database, audit: Audit) -> None:
        self._settings = settings
        self._database = database
        self._audit = audit

    def run_forever(self, stop: Event) -> None:
        """Purge now, and every few hours until `stop` is set. Several nodes may: each removes what it finds."""
        while not stop.is_set():
            try:
                purged = self.purge()
            except DatabaseUnavailable:
                logger.info("purging waits for the database")
            else:
                if purged:
                    logger.info("purged", extra=asdict(purged))
            stop.wait(EVERY.total_seconds())

    def purge(self) -> Purged:
        """Remove all that is due; a few at a time, each time in a transaction of its own.

        Raises:
            DatabaseUnavailable
        """
        now = datetime.now(UTC)
        purged = Purged(
            drafts=self._each(_due_drafts(now - self._settings.draft_lifetime), self._delete),
            unverified=self._each(_due_unverified(now, now - self._settings.email_link_lifetime), self._delete),
            withdrawn=self._each(_due_withdrawn(now - self._settings.withdrawn_retention), self._reduce),
            refused=self._each(_due_refused(now - self._settings.refused_retention), self._reduce),
            delivered=self._each(_due_delivered(now - self._settings.delivered_retention), self._reduce),
            decisions=self._each(_due_decisions(now - self._settings.audit_retention), self._delete),
            invitations=self._invitations(now - self._settings.withdrawn_retention),
        )
        clear_former_extracts(self._database)
        if purged:
            with self._database.transaction() as session:
                self._audit.record(
                    session,
                    AuditEntry(
                        kind=EnrollmentAuditKind.REQUESTS_PURGED,
                        actor=Actor.service("retention"),
                        detail={name: count for name, count in asdict(purged).items() if count},
                    ),
                )
        return purged

    def _each(
        self, due: Sequence[Condition], remove: Callable[[Session, Sequence[EnrollmentRequest], datetime], None]
    ) -> int:
        removed = 0
        while True:
            with self._database.transaction() as session:
                found = session.scalars(
                    select(EnrollmentRequest)
                    .where(*due)
                    .order_by(EnrollmentRequest.id)
                    .limit(AT_ONCE)
                    .with_for_update(skip_locked=True)  # one that a person or an operator is changing waits
                ).all()
                if not found:
                    return removed
                remove(session, found, datetime.now(UTC))
                removed += len(found)

    @staticmethod
    def _delete(session: Session, requests: Sequence[EnrollmentRequest], _now: datetime) -> None:
        delete_requests(session, [request.id for request in requests])

    @staticmethod
    def _reduce(session: Session, requests: Sequence[EnrollmentRequest], now: datetime) -> None:
        erase_person(session, requests, now=now)

    def _invitations(self, before: datetime) -> int:
        ended = or_(Invitation.ends_at < before, Invitation.used_at < before, Invitation.withdrawn_at < before)
        with self._database.transaction() as session:
            count = session.scalar(select(func.count()).select_from(Invitation).where(ended)) or 0
            if count:
                session.execute(delete(Invitation).where(ended))
        return count


def _due_drafts(before: datetime) -> Sequence[Condition]:
    return EnrollmentRequest.state == RequestState.DRAFT, EnrollmentRequest.changed_at < before


def _due_unverified(now: datetime, before: datetime) -> Sequence[Condition]:
    """None of its links is good any more, and it was not sent a moment ago."""
    good_link = exists().where(
        RequestLink.request_id == EnrollmentRequest.id,
        RequestLink.purpose == LinkPurpose.VERIFY_EMAIL,
        RequestLink.ends_at > now,
    )
    return EnrollmentRequest.state == RequestState.UNVERIFIED, EnrollmentRequest.submitted_at < before, ~good_link


def _due_withdrawn(before: datetime) -> Sequence[Condition]:
    return (
        EnrollmentRequest.state.in_((RequestState.WITHDRAWN, RequestState.LAPSED)),
        ~_is_being_delivered(),
        EnrollmentRequest.closed_at < before,
        EnrollmentRequest.erased_at.is_(None),
    )


def _due_refused(before: datetime) -> Sequence[Condition]:
    return *_closed_decision(before), ~_has_accepted_part()


def _due_delivered(before: datetime) -> Sequence[Condition]:
    return *_closed_decision(before), _has_accepted_part()


def _closed_decision(before: datetime) -> tuple[Condition, ...]:
    return (
        EnrollmentRequest.state == RequestState.DECIDED,
        EnrollmentRequest.closed_at < before,
        EnrollmentRequest.erased_at.is_(None),
    )


def _is_being_delivered() -> Condition:
    return exists().where(OutboxEntry.request_id == EnrollmentRequest.id, OutboxEntry.delivered_at.is_(None))


def _has_accepted_part() -> Condition:
    return exists().where(RequestPart.request_id == EnrollmentRequest.id, RequestPart.decision == PartDecision.ACCEPTED)


def _due_decisions(before: datetime) -> Sequence[Condition]:
    return EnrollmentRequest.erased_at.is_not(None), EnrollmentRequest.closed_at < before
