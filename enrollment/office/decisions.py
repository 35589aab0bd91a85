"""Decisions on the parts of a request: one transaction with its history, audit lines, letter and outbox row.

The request is locked and its version compared, so that of two operators who decide at once one wins, and the other is
told what happened. Before that the identity provider is asked who of those who have voted before still holds the role
for it; a vote that comes meanwhile changes the version.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from itertools import groupby
from typing import Any
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.actor import Actor
from config.audit.trail import Audit, AuditEntry
from config.mail import Letter, Letters
from config.sql.database import Database
from enrollment.audit_kinds import EnrollmentAuditKind
from enrollment.delivery.outbox import Outbox
from enrollment.offer import Offer
from enrollment.office.answer_letters import answer_letters
from enrollment.office.decision import Accept, Decided, Decision, DecisionEvent, DecisionRefused, Refuse
from enrollment.office.decision_checks import DecisionChecks
from enrollment.office.decision_records import record_decision, tell
from enrollment.office.operators import Operator
from enrollment.office.refusals import RefusalCode
from enrollment.office.rules import Rules
from enrollment.office.voters import CastVote, Voters, VotersUnknown
from enrollment.office.votes import cast_vote, drop_revoked
from enrollment.requests.history import add_event
from enrollment.requests.links import add_link
from enrollment.requests.models import EnrollmentRequest, MoreAsked, OutboxEntry, RequestPart
from enrollment.requests.queued import queued_parts
from enrollment.requests.requests import move, parts_of, touch
from enrollment.requests.states import RequestState
from enrollment.requests.vocabulary import LinkPurpose, PartDecision, PartKind
from enrollment.requests.votes import completed_by
from enrollment.settings import EnrollmentSettings


class Decisions:
    """Decides."""

    def __init__(
        self,
        *,
        settings: EnrollmentSettings,
        database: Database,
        audit: Audit,
        letters: Letters,
        outbox: Outbox,
        rules: Rules,
        voters: Voters,
    ) -> None:
        self._settings = settings
        self._database = database
        self._audit = audit
        self._letters = letters
        self._outbox = outbox
        self._rules = rules
        self._voters = voters
        self._checks = DecisionChecks(rules, operator_may_decide=settings.operator_may_decide)

    def decide(self, request_id: str, decision: Decision, *, operator: Operator, offer: Offer) -> Decided:
        """Decide, all of it or nothing.

        Raises:
            DecisionRefused: the operator may not, a rule is not met, or another operator was faster.
        """
        revoked = self._revoked(request_id, decision, operator)
        with self._database.transaction() as session:
            return self._decide(session, request_id, decision, operator, offer, revoked)

    def rehearse(self, request_id: str, decision: Decision, *, operator: Operator, offer: Offer) -> Decided:
        """What `decide` would do now; nothing is written.

        Raises:
            DecisionRefused: as `decide` does.
        """
        revoked = self._revoked(request_id, decision, operator)
        with self._database.transaction() as session:
            decided = self._decide(session, request_id, decision, operator, offer, revoked)
            session.rollback()
            return decided

    def _decide(
        self,
        session: Session,
        request_id: str,
        decision: Decision,
        operator: Operator,
        offer: Offer,
        revoked: Collection[CastVote],
    ) -> Decided:
        now = datetime.now(UTC)
        request = self._checks.locked(session, request_id, decision.version, operator)
        parts = {part.id: part for part in parts_of(session, request_id)}
        reopened = self._drop_revoked(session, request, parts, revoked, operator, now)
        self._checks.check(session, request, parts, decision, operator, offer, now)
        waiting = self._vote_all(session, request, parts, decision, operator, now)
        if decision.ask_for:
            self._ask_for_more(session, request, decision, operator, now)
        provisioning = self._conclude(session, request, list(parts.values()), decision, operator, now)
        return Decided(
            request_id=request_id,
            state=RequestState(request.state),
            waiting=waiting,
            reopened=tuple(sorted(reopened)),
            provisioning=provisioning,
            letters=self._write(session, request, list(parts.values()), decision, offer, now),
        )

    # --- votes and decisions -------------------------------------------------------------

    def _revoked(self, request_id: str, decision: Decision, operator: Operator) -> Collection[CastVote]:
        """The votes of others that must not count, when the decision may complete what they were for.

        Raises:
            DecisionRefused: the identity provider does not say.
        """
        if not any(isinstance(choice, Accept) for choice in decision.parts.values()):
            return ()
        try:
            return self._voters.revoked(request_id, besides=operator.subject)
        except VotersUnknown:
            raise DecisionRefused("decision.voters-unknown") from None

    def _drop_revoked(
        self,
        session: Session,
        request: EnrollmentRequest,
        parts: Mapping[str, RequestPart],
        revoked: Collection[CastVote],
        operator: Operator,
        now: datetime,
    ) -> set[str]:
        for vote in sorted(revoked, key=lambda vote: (vote.kind, vote.name, vote.operator_sub)):
            part = parts[vote.part_id]
            tell(session, request, part, DecisionEvent.VOTE_DROPPED, operator, now, voter=vote.operator_name)
        return drop_revoked(session, self._rules, parts, revoked)

    def _vote_all(
        self,
        session: Session,
        request: EnrollmentRequest,
        parts: Mapping[str, RequestPart],
        decision: Decision,
        operator: Operator,
        now: datetime,
    ) -> tuple[str, ...]:
        waiting = []
        for part_id, choice in decision.parts.items():
            part = parts[part_id]
            is_accepted = isinstance(choice, Accept) and self._checks.is_accepted_with(session, part, choice, operator)
            cast_vote(session, part, choice, operator, now)
            if isinstance(choice, Refuse):
                self._refuse(session, request, part, choice, operator, now)
                continue
            if not is_accepted:
                waiting.append(part_id)
                tell(session, request, part, DecisionEvent.VOTED, operator, now)
                continue
            part.decision, part.decided_at = PartDecision.ACCEPTED, now
            tell(session, request, part, DecisionEvent.ACCEPTED, operator, now)
            record_decision(session, self._audit, request, part, operator)
        return tuple(waiting)

    def _refuse(
        self,
        session: Session,
        request: EnrollmentRequest,
        part: RequestPart,
        choice: Refuse,
        operator: Operator,
        now: datetime,
    ) -> None:
        part.decision, part.decided_at = PartDecision.REFUSED, now
        part.refusal_code, part.refusal_words = choice.code, choice.words
        tell(session, request, part, DecisionEvent.REFUSED, operator, now, code=choice.code)
        record_decision(session, self._audit, request, part, operator)

    def _ask_for_more(
        self, session: Session, request: EnrollmentRequest, decision: Decision, operator: Operator, now: datetime
    ) -> None:
        session.add(
            MoreAsked(
                id=uuid4().hex,
                request_id=request.id,
                fields=list(decision.ask_for),
                words=decision.words,
                operator_sub=operator.subject,
                operator_name=operator.name,
                asked_at=now,
                answer_by=now + self._settings.more_asked_lifetime,
            )
        )
        add_event(
            session,
            request.id,
            DecisionEvent.MORE_ASKED,
            at=now,
            actor=operator.subject,
            detail={"by": operator.name, "fields": list(decision.ask_for)},
        )
        self._audit.record(
            session,
            AuditEntry(
                kind=EnrollmentAuditKind.MORE_ASKED,
                actor=Actor.operator(operator.username),
                detail={"reference": request.reference, "fields": list(decision.ask_for)},
            ),
        )

    def _conclude(
        self,
        session: Session,
        request: EnrollmentRequest,
        parts: Sequence[RequestPart],
        decision: Decision,
        operator: Operator,
        now: datetime,
    ) -> dict[str, Any] | None:
        """Move the request on, and queue what was accepted; the body that was queued."""
        account = next((part for part in parts if part.kind == PartKind.ACCOUNT), None)
        if account is not None and account.decision == PartDecision.REFUSED:
            for part in parts:
                if part.decision not in (PartDecision.ACCEPTED, PartDecision.REFUSED):
                    choice = Refuse(code=RefusalCode.ACCOUNT_REFUSED, words="")
                    self._refuse(session, request, part, choice, operator, now)
        is_over = all(part.decision in (PartDecision.ACCEPTED, PartDecision.REFUSED) for part in parts)
        if is_over:
            move(request, RequestState.DECIDED, now=now)
            request.decided_at = now
            add_event(
                session, request.id, DecisionEvent.DECIDED, at=now, actor=operator.subject, detail={"by": operator.name}
            )
        elif decision.ask_for:
            move(request, RequestState.MORE_ASKED, now=now)
        else:
            touch(request, now=now)
        delivered = self._deliver(session, request, account, parts, decision, operator)
        if is_over and not _is_being_delivered(session, request.id):
            request.closed_at = now
        return delivered

    def _deliver(
        self,
        session: Session,
        request: EnrollmentRequest,
        account: RequestPart | None,
        parts: Sequence[RequestPart],
        decision: Decision,
        operator: Operator,
    ) -> dict[str, Any] | None:
        """Queue the accepted parts that no outbox row has yet, once there is an account to give them to.

        Each is delivered in the name of the operator who has accepted it, who answers for it: a row for each of them,
        in the order in which access is given, the account first and applications last.

        Returns:
            The body of the first row that is this operator's.
        """
        if account is not None and account.decision != PartDecision.ACCEPTED:
            return None
        queued = queued_parts(session, request.id)
        accepted = [
            part for part in parts if part.decision == PartDecision.ACCEPTED and (part.kind, part.name) not in queued
        ]
        if not accepted:
            return None
        in_order = sorted(accepted, key=lambda part: (list(PartKind).index(PartKind(part.kind)), part.name))
        bodies = []
        for decider, together in groupby(in_order, key=lambda part: completed_by(session, part)):
            words = decision.words if decider == operator.subject else ""
            bodies.append(self._outbox.queue(session, request, list(together), operator=decider, words=words).body)
        return next((body for body in bodies if body["operator"] == operator.subject), None)

    def _write(
        self,
        session: Session,
        request: EnrollmentRequest,
        parts: Sequence[RequestPart],
        decision: Decision,
        offer: Offer,
        now: datetime,
    ) -> tuple[Letter, ...]:
        """Mail the letters of refusals and questions; they are returned with "…" for the secret of their link."""
        refused = [part for part in parts if part.decision == PartDecision.REFUSED and part.decided_at == now]
        if not refused and not decision.ask_for:
            return ()
        status = f"{self._settings.address}/status/"
        secret = add_link(session, request.id, LinkPurpose.STATUS, now=now, lifetime=None)
        for letter in answer_letters(request, refused, decision, offer, f"{status}{secret}", self._settings, now):
            self._letters.post(session, letter)
        return answer_letters(request, refused, decision, offer, f"{status}…", self._settings, now)


def _is_being_delivered(session: Session, request_id: str) -> bool:
    waiting = select(OutboxEntry.id).where(OutboxEntry.request_id == request_id, OutboxEntry.delivered_at.is_(None))
    return session.scalar(waiting.limit(1)) is not None
