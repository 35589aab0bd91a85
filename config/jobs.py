"""Background jobs, in an outbox in SQL: a job whose transaction was committed is done even after a crash.

A job is added in the transaction that needs it. When that commits, a notification through Redis wakes the worker, so
that an idle worker sends no query except a sweep every few minutes. A worker leases a job while it runs. A job can run
twice, when a worker stops just after it, so its function must be idempotent. The payload is encrypted, because e-mails
contain secret links.
"""

import json
import logging
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Event
from typing import Any
from uuid import uuid4

from sqlalchemy import Index, Text, delete, func, or_, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from config.encryption import KeyEncryption, SealBroken
from config.redis.store import Store, StoreUnavailable
from config.sql.after_commit import after_commit
from config.sql.database import Database, DatabaseUnavailable
from config.sql.declarative import SharedBase

CHANNEL = "jobs"
SWEEP_EVERY = timedelta(minutes=5)
LEASE = timedelta(minutes=10)  # longer than any job takes
FIRST_DELAY = timedelta(seconds=10)
LONGEST_DELAY = timedelta(hours=2)
MOST_ATTEMPTS = 18  # about a day
_STOP_INTERVAL = timedelta(seconds=2)  # how soon `run_forever` notices that it must stop

logger = logging.getLogger(__name__)

Function = Callable[[dict[str, Any]], None]


class Job(SharedBase):
    """A job that is not done yet; it is deleted when it is done."""

    __tablename__ = "job"
    __table_args__ = (Index(None, "run_after"),)

    id: Mapped[str] = mapped_column(Text, primary_key=True)
    kind: Mapped[str] = mapped_column(Text)
    payload: Mapped[str] = mapped_column(Text, info={"sealed_for": "job:{id}"})
    added_at: Mapped[datetime]
    run_after: Mapped[datetime]
    attempts: Mapped[int]
    lease: Mapped[str | None] = mapped_column(Text)
    leased_until: Mapped[datetime | None]
    given_up_at: Mapped[datetime | None]
    last_error: Mapped[str | None] = mapped_column(Text)  # the type of the exception: its text may name a person


class PermanentFailure(Exception):
    """A job's function raises it when a retry could not succeed."""


class Postponed(Exception):
    """A job's function raises it to run again after `delay`, without counting as a failure."""

    def __init__(self, delay: timedelta) -> None:
        super().__init__(delay)
        self.delay = delay


@dataclass(frozen=True, slots=True, kw_only=True)
class _Leased:
    id: str
    kind: str
    payload: str
    attempts: int
    lease: str


class Jobs:
    """The outbox: adds jobs, and runs those that are due."""

    def __init__(self, database: Database, store: Store, encryption: KeyEncryption, *, channel: str = CHANNEL) -> None:
        """`channel` names the notifications that wake the worker of these jobs. Jobs that call other servers have a
        channel and a worker of their own."""
        self._channel = channel
        self._database = database
        self._store = store
        self._encryption = encryption
        self._functions: dict[str, Function] = {}

    def register(self, kind: str, function: Function) -> None:
        """Run jobs of this kind by `function`, which must be idempotent."""
        self._functions[kind] = function

    def add(self, session: Session, kind: str, payload: Mapping[str, Any], *, run_after: datetime | None = None) -> str:
        """Add a job in the caller's transaction; return its id."""
        now = datetime.now(UTC)
        job_id = uuid4().hex
        sealed = self._encryption.seal(json.dumps(dict(payload)).encode(), bound_to=_bound_to(job_id))
        session.add(Job(id=job_id, kind=kind, payload=sealed, added_at=now, run_after=run_after or now, attempts=0))
        after_commit(session, self.wake)
        return job_id

    def wake(self) -> None:
        """Wake the worker now. If Redis is unavailable, the next sweep finds the job."""
        try:
            self._store.notify(self._channel)
        except StoreUnavailable:
            logger.info("jobs wait for the next sweep")

    def run_due(self) -> int:
        """Run every job that is due; return how many were done."""
        done = 0
        while (job := self._lease_one()) is not None:
            done += self._run(job)
        return done

    def run_forever(self, stop: Event) -> None:
        """Run the jobs that are due, then wait for a notification, the next job's time, or the sweep."""
        while not stop.is_set():
            try:
                self.run_due()
                wait_until = self._next_at()
            except DatabaseUnavailable:
                wait_until = datetime.now(UTC) + FIRST_DELAY
            while not stop.is_set() and (left := wait_until - datetime.now(UTC)) > timedelta(0):
                try:
                    if self._store.wait_for_notification(self._channel, at_most=min(left, _STOP_INTERVAL)):
                        break
                except StoreUnavailable:
                    stop.wait(min(left, _STOP_INTERVAL).total_seconds())

    def _next_at(self) -> datetime:
        sweep = datetime.now(UTC) + SWEEP_EVERY
        with self._database.reading() as connection:
            ours = Job.given_up_at.is_(None), Job.kind.in_(list(self._functions))
            soonest = connection.execute(select(func.min(Job.run_after)).where(*ours)).scalar()
        # A job that another worker has leased looks due: wait for the sweep.
        return min(sweep, soonest) if soonest and soonest > datetime.now(UTC) else sweep

    def _lease_one(self) -> _Leased | None:
        now = datetime.now(UTC)
        due = (
            select(Job)
            .where(
                Job.given_up_at.is_(None),
                Job.run_after <= now,
                or_(Job.leased_until.is_(None), Job.leased_until < now),
                Job.kind.in_(list(self._functions)),
            )
            .order_by(Job.run_after)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        with self._database.transaction() as session:
            job = session.scalars(due).first()
            if job is None:
                return None
            job.lease, job.leased_until, job.attempts = secrets.token_hex(8), now + LEASE, job.attempts + 1
            return _Leased(id=job.id, kind=job.kind, payload=job.payload, attempts=job.attempts, lease=job.lease)

    def _run(self, job: _Leased) -> bool:
        """Run a job; return whether it is done. A failed job waits for its next attempt, or is given up."""
        try:
            payload = json.loads(self._encryption.open(job.payload, bound_to=_bound_to(job.id)))
            self._functions[job.kind](payload)
        except Postponed as postponed:
            self._postpone(job, postponed.delay)
            return False
        except (PermanentFailure, SealBroken) as failure:
            self._record_failure(job, failure, given_up=True)
            return False
        except Exception as failure:  # the edge: an exception of one job must not stop the others
            self._record_failure(job, failure, given_up=job.attempts >= MOST_ATTEMPTS)
            return False
        with self._database.transaction() as session:
            session.execute(delete(Job).where(Job.id == job.id, Job.lease == job.lease))
        return True

    def _postpone(self, job: _Leased, delay: timedelta) -> None:
        with self._database.transaction() as session:
            session.execute(
                update(Job)
                .where(Job.id == job.id, Job.lease == job.lease)
                .values(lease=None, leased_until=None, run_after=datetime.now(UTC) + delay, attempts=job.attempts - 1)
            )

    def _record_failure(self, job: _Leased, failure: Exception, *, given_up: bool) -> None:
        now = datetime.now(UTC)
        with self._database.transaction() as session:
            session.execute(
                update(Job)
                .where(Job.id == job.id, Job.lease == job.lease)
                .values(
                    lease=None,
                    leased_until=None,
                    run_after=now + delay_after(job.attempts),
                    given_up_at=now if given_up else None,
                    last_error=type(failure).__name__,
                )
            )
        logger.log(
            logging.ERROR if given_up else logging.WARNING,
            "job given up" if given_up else "job failed; it will be retried",
            extra={"job": job.id, "kind": job.kind, "attempts": job.attempts, "error": type(failure).__name__},
        )


def delay_after(attempts: int) -> timedelta:
    """The delay before the next attempt: 10 s, doubled at each attempt, at most two hours."""
    doublings = min(attempts - 1, 20)
    return min(FIRST_DELAY * (1 << doublings), LONGEST_DELAY)


def _bound_to(job_id: str) -> str:
    return f"job:{job_id}"
