"""The outbox: a decision and the row that tells the identity provider of it are one transaction.

A job delivers the row. The identity provider does the same body once, however often it is sent, so a delivery that was
interrupted is simply repeated. While the identity provider is unavailable the row waits, for as long as it takes. What
it refuses stays, with its reason, until an operator has corrected the cause and asks for it again.

A request may be withdrawn while a row waits. The row goes with it as long as the
identity provider certainly has not received it; from the first call that it may have
received on, it is delivered. Both lock the request, so that one of them is first.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final
from uuid import uuid4

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from config.actor import Actor
from config.audit.trail import Audit, AuditEntry
from config.jobs import Jobs, Postponed, delay_after
from config.sql.database import Database
from enrollment.audit_kinds import EnrollmentAuditKind
from enrollment.delivery.body import provisioning_body
from enrollment.idp_client import IdpClient, IdpRefused, IdpUnavailable, Provisioned
from enrollment.idp_refusals import IdpRefusal
from enrollment.requests.history import add_event, answered_fields
from enrollment.requests.models import EnrollmentRequest, OutboxEntry, RequestPart
from enrollment.requests.requests import lock_request
from enrollment.requests.states import RequestState

JOB: Final = "deliver"
LONGEST_DELAY: Final = timedelta(minutes=5)
LONGEST_REASON: Final = 200  # characters
DELIVERY: Final = Actor.service("delivery")


class DeliveryEvent(StrEnum):
    """The lines of a request's history that deliveries add."""

    DELIVERED = "delivered"
    REFUSED = "delivery.refused"


class DeliveryState(StrEnum):
    """Where a delivery is."""

    WAITING = "waiting"  # it is sent again until the identity provider answers
    REFUSED = "refused"  # it is sent again only when an operator asks
    DELIVERED = "delivered"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """An entry of the outbox, as it was read.

    Attributes:
        last_error: why the last attempt failed, in English.
        refusal_code: the code of a refusal.
        result: `username`, `account` and `letter`, once it was delivered.
    """

    id: str
    request_id: str
    reference: str
    sequence: int
    body: dict[str, Any]
    created_at: datetime
    called_at: datetime | None
    delivered_at: datetime | None
    refused_at: datetime | None
    result: dict[str, Any] | None
    attempts: int
    last_error: str | None
    refusal_code: str | None

    @property
    def state(self) -> DeliveryState:
        if self.delivered_at is not None:
            return DeliveryState.DELIVERED
        return DeliveryState.WAITING if self.refused_at is None else DeliveryState.REFUSED

    @property
    def refusal(self) -> IdpRefusal | None:
        """Why the identity provider has refused it."""
        return None if self.refused_at is None else IdpRefusal.of(self.refusal_code or "")


_DELIVERIES: Final[Select[Any]] = select(*OutboxEntry.__table__.columns, EnrollmentRequest.reference).join(
    EnrollmentRequest, EnrollmentRequest.id == OutboxEntry.request_id
)


class NoSuchDelivery(Exception):
    """No undelivered entry of the outbox has this identifier."""


class Outbox:
    """What the identity provider is still to be told."""

    def __init__(self, database: Database, jobs: Jobs, idp: IdpClient, audit: Audit) -> None:
        """`jobs` are those that call the identity provider; letters do not wait for them."""
        self._database = database
        self._jobs = jobs
        self._idp = idp
        self._audit = audit
        jobs.register(JOB, self._deliver)

    def queue(
        self,
        session: Session,
        request: EnrollmentRequest,
        accepted: Iterable[RequestPart],
        *,
        operator: str,
        words: str = "",
    ) -> OutboxEntry:
        """Queue the delivery of these parts, in the transaction of the decision.

        The caller has locked `request`, so that no other decision of it is queued meanwhile.
        """
        former = session.scalars(
            select(OutboxEntry).where(OutboxEntry.request_id == request.id).order_by(OutboxEntry.sequence)
        ).all()
        entry = OutboxEntry(
            id=uuid4().hex,
            request_id=request.id,
            sequence=len(former) + 1,
            body=provisioning_body(
                request,
                accepted,
                operator=operator,
                account=_account_of(request, former),
                words=words,
                answered=answered_fields(session, request.id),
            ),
            created_at=datetime.now(UTC),
            attempts=0,
        )
        session.add(entry)
        self._jobs.add(session, JOB, {"entry": entry.id})
        return entry

    def undelivered(self) -> Sequence[Delivery]:
        """What waits or was refused, the oldest first; at most 200."""
        oldest = _DELIVERIES.where(OutboxEntry.delivered_at.is_(None)).order_by(OutboxEntry.created_at, OutboxEntry.id)
        return self._read(oldest.limit(200))

    def of_request(self, request_id: str) -> Sequence[Delivery]:
        """The deliveries of a request, in order."""
        return self._read(_DELIVERIES.where(OutboxEntry.request_id == request_id).order_by(OutboxEntry.sequence))

    def _read(self, wanted: Select[Any]) -> Sequence[Delivery]:
        with self._database.reading() as connection:
            return [Delivery(**row._mapping) for row in connection.execute(wanted)]

    def retry(self, entry_id: str) -> None:
        """Send a delivery again now, with the same body.

        Raises:
            NoSuchDelivery: it was delivered, or there is none.
        """
        with self._database.transaction() as session:
            entry = session.get(OutboxEntry, entry_id, with_for_update=True)
            if entry is None or entry.delivered_at is not None:
                raise NoSuchDelivery
            entry.refused_at = None
            self._jobs.add(session, JOB, {"entry": entry.id})

    def _deliver(self, payload: dict[str, Any]) -> None:
        found = self._read(_DELIVERIES.where(OutboxEntry.id == payload["entry"]))
        if not found or found[0].state is not DeliveryState.WAITING:
            return
        [delivery] = found
        body = delivery.body | {"account": self._latest_account(delivery)}
        if (is_first_call := self._begin_call(delivery)) is None:
            return
        try:
            provisioned = self._idp.provision(delivery.request_id, delivery.sequence, body)
        except IdpUnavailable as unavailable:
            never_called = is_first_call and not unavailable.may_have_acted
            attempts = self._record_failure(delivery.id, str(unavailable), never_called=never_called)
            raise Postponed(min(delay_after(attempts), LONGEST_DELAY)) from unavailable
        except IdpRefused as refused:
            self._record_failure(delivery.id, refused.problem, code=refused.code, never_called=is_first_call)
            return
        self._record_delivery(delivery.id, provisioned)

    def _begin_call(self, delivery: Delivery) -> bool | None:
        """Say that the identity provider may have the entry from now on; whether this is the first time that it may.

        None when the request was withdrawn, and the entry with it.
        """
        with self._database.transaction() as session:
            if lock_request(session, delivery.request_id) is None:
                return None
            entry = session.get(OutboxEntry, delivery.id, with_for_update=True, populate_existing=True)
            if entry is None:
                return None
            is_first = entry.called_at is None
            entry.called_at = entry.called_at or datetime.now(UTC)
            return is_first

    def _latest_account(self, delivery: Delivery) -> Any:
        """The account of the body, or the one that a former delivery has opened since this one was queued.

        Raises:
            Postponed: a former delivery of the request comes first; its account or community may be needed.
        """
        account = delivery.body["account"]
        former = [each for each in self.of_request(delivery.request_id) if each.sequence < delivery.sequence]
        if any(each.state is DeliveryState.REFUSED for each in former):
            raise Postponed(LONGEST_DELAY)  # until an operator has asked for it again
        if any(each.delivered_at is None for each in former):
            raise Postponed(delay_after(1))
        handles = [each.result["account"] for each in former if each.result]
        return {"handle": handles[-1]} if "new" in account and handles else account

    def _record_failure(
        self, entry_id: str, reason: str, *, code: str | None = None, never_called: bool = False
    ) -> int:
        """Count an attempt.

        Args:
            code: that of a refusal; None when the identity provider may still do it.
            never_called: the identity provider has done nothing by this attempt or by any before.
        """
        now = datetime.now(UTC)
        with self._database.transaction() as session:
            entry = session.get_one(OutboxEntry, entry_id, with_for_update=True)
            entry.attempts += 1
            entry.last_error = reason[:LONGEST_REASON]
            if never_called:
                entry.called_at = None
            if code is not None:
                entry.refused_at, entry.refusal_code = now, code
                _add_event(session, entry, DeliveryEvent.REFUSED, now, reason=entry.last_error)
            return entry.attempts

    def _record_delivery(self, entry_id: str, provisioned: Provisioned) -> None:
        now = datetime.now(UTC)
        with self._database.transaction() as session:
            entry = session.get_one(OutboxEntry, entry_id, with_for_update=True)
            if entry.delivered_at is not None:
                return
            entry.delivered_at, entry.refused_at = now, None
            entry.last_error, entry.refusal_code = None, None
            entry.result = {
                "username": provisioned.username,
                "account": provisioned.account,
                "letter": provisioned.letter,
            }
            _add_event(session, entry, DeliveryEvent.DELIVERED, now, username=provisioned.username)
            session.flush()
            request = session.get_one(EnrollmentRequest, entry.request_id, with_for_update=True)
            if (
                request.state == RequestState.DECIDED
                and request.closed_at is None
                and _is_all_delivered(session, entry)
            ):
                request.closed_at = now
            self._audit.record(
                session,
                AuditEntry(
                    kind=EnrollmentAuditKind.REQUEST_DELIVERED,
                    account=provisioned.account,
                    actor=DELIVERY,
                    detail={"reference": request.reference, "sequence": entry.sequence},
                ),
            )


def _account_of(request: EnrollmentRequest, former: Sequence[OutboxEntry]) -> str | None:
    """The handle of the account: that of the last delivery, else that of the account that an operator recognised."""
    handles = [entry.result["account"] for entry in former if entry.result]
    return handles[-1] if handles else request.existing_account


def _is_all_delivered(session: Session, entry: OutboxEntry) -> bool:
    others = select(func.count()).where(
        OutboxEntry.request_id == entry.request_id, OutboxEntry.delivered_at.is_(None), OutboxEntry.id != entry.id
    )
    return session.scalar(others) == 0


def _add_event(session: Session, entry: OutboxEntry, kind: DeliveryEvent, at: datetime, **detail: str) -> None:
    add_event(session, entry.request_id, kind, at=at, actor=str(DELIVERY), detail=detail)
