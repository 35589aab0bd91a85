"""What operators do with a request besides deciding: take charge of it, write notes, say whose account it is."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Final
from uuid import uuid4

from config.actor import Actor
from config.audit.trail import Audit, AuditEntry
from config.sql.database import Database
from enrollment.audit_kinds import EnrollmentAuditKind
from enrollment.office.assignment import Assignee, assign
from enrollment.office.decision import DecisionRefused
from enrollment.office.operators import Operator, Permission
from enrollment.office.request_lock import lock_for
from enrollment.requests.history import add_event
from enrollment.requests.models import RequestNote
from enrollment.requests.requests import parts_of, touch
from enrollment.requests.votes import drop_votes


class RecognitionEvent(StrEnum):
    """The lines of a request's history that say whose account it is."""

    RECOGNISED = "account-recognised"
    NOT_RECOGNISED = "account-not-recognised"


LONGEST_NOTE: Final = 2_000  # characters


class Handling:
    """Each change is one transaction, refused when the request has changed since the operator read it."""

    def __init__(self, database: Database, audit: Audit) -> None:
        self._database = database
        self._audit = audit

    def assign(self, request_id: str, version: int, operator: Operator, *, to_me: bool, entry: AuditEntry) -> None:
        """Take charge of a request, or give it up.

        Raises:
            DecisionRefused: the operator may not, the request has changed, or it is no longer in the queue.
        """
        with self._database.transaction() as session:
            assign(
                session,
                self._audit,
                lock_for(session, request_id, operator, Permission.ASSIGN, version=version, in_queue=True),
                Assignee(subject=operator.subject, name=operator.name) if to_me else None,
                actor=operator.subject,
                detail={"by": operator.name},
                entry=entry,
                now=datetime.now(UTC),
            )

    def note(self, request_id: str, text: str, operator: Operator) -> None:
        """Write to colleagues; the person never reads it.

        Raises:
            DecisionRefused: the operator may not, or the text is empty or too long.
        """
        if not text:
            raise DecisionRefused("note.missing")
        if len(text) > LONGEST_NOTE:
            raise DecisionRefused("field.too-long")
        with self._database.transaction() as session:
            lock_for(session, request_id, operator, Permission.NOTE)
            session.add(
                RequestNote(
                    id=uuid4().hex,
                    request_id=request_id,
                    text=text,
                    operator_sub=operator.subject,
                    operator_name=operator.name,
                    at=datetime.now(UTC),
                )
            )

    def recognise(self, request_id: str, version: int, operator: Operator, *, handle: str, username: str) -> None:
        """Say that the person has this account already, which an acceptance reopens; "" says that they have none.

        Votes on what was not handed to delivery are dropped: they were on the request as it was.

        Raises:
            DecisionRefused: the operator may not, or the request has changed.
        """
        with self._database.transaction() as session:
            request = lock_for(session, request_id, operator, Permission.DECIDE, version=version, in_queue=True)
            now = datetime.now(UTC)
            if request.existing_account != (handle or None):
                drop_votes(session, parts_of(session, request_id))
            request.existing_account = handle or None
            touch(request, now=now)
            kind = RecognitionEvent.RECOGNISED if handle else RecognitionEvent.NOT_RECOGNISED
            detail = {"by": operator.name} | ({"username": username} if username else {})
            add_event(session, request_id, kind, at=now, actor=operator.subject, detail=detail)
            self._audit.record(
                session,
                AuditEntry(
                    kind=EnrollmentAuditKind.ACCOUNT_RECOGNISED,
                    account=handle or None,
                    actor=Actor.operator(operator.username),
                    detail={"reference": request.reference},
                ),
            )
