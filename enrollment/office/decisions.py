"""Decisions on the parts of a request: one transaction with its history, audit lines, letter and outbox row.

The request is locked and its version compared, so that of two operators who decide at once one wins, and the other is
told what happened. Before that the identity provider is asked who of those who have voted before still holds the role
for it; a vote that comes meanwhile changes the version.
"""

from collections.abc import Collection
from datetime import UTC, datetime
from itertools import groupby
from typing import Any
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.audit.trail import Audit
from config.mail import Letter, Letters
from config.sql.database import Database
from enrollment.delivery.outbox import Outbox
from enrollment.offer import Offer
from enrollment.office.answer_letters import answer_letters
from enrollment.office.decision import Accept, Decided, Decision, DecisionEvent, DecisionRefused, Refuse
from enrollment.office.decision_checks import DecisionChecks
from enrollment.office.decision_in_progress import DecisionInProgress
from enrollment.office.decision_records import (
    add_part_to_history,
    add_to_history,
    audit_part,
    audit_question,
    audit_vote,
)
from enrollment.office.operators import Operator, Permission
from enrollment.office.refusals import RefusalCode
from enrollment.office.request_lock import lock_for
from enrollment.office.rules import Rules
from enrollment.office.voters import CastVote, OwnRequest, Voters, VotersUnknown
from enrollment.office.votes import cast_vote, drop_revoked
from enrollment.requests.links import add_link
from enrollment.requests.models import MoreAsked, OutboxEntry, RequestPart
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
        current = DecisionInProgress(
            session=session,
            request=lock_for(session, request_id, operator, Permission.DECIDE, version=decision.version, in_queue=True),
            parts={part.id: part for part in parts_of(session, request_id)},
            decision=decision,
            operator=operator,
            offer=offer,
            now=datetime.now(UTC),
        )
        reopened = self._drop_revoked(current, revoked)
        self._checks.check(current)
        waiting = self._vote_all(current)
        if decision.ask_for:
            self._ask_for_more(current)
        provisioning = self._conclude(current)
        return Decided(
            request_id=request_id,
            state=RequestState(current.request.state),
            waiting=waiting,
            reopened=tuple(sorted(reopened)),
            provisioning=provisioning,
            letters=self._write(current),
        )

    def _revoked(self, request_id: str, decision: Decision, operator: Operator) -> Collection[CastVote]:
        """The votes of others that must not count, when the decision may complete what they were for.

        Raises:
            DecisionRefused: the identity provider does not say, or the request is of the operator's own account.
        """
        if not any(isinstance(choice, Accept) for choice in decision.parts.values()):
            return ()
        try:
            return self._voters.revoked(request_id, operator=operator.subject)
        except OwnRequest:
            raise DecisionRefused("decision.own-request") from None
        except VotersUnknown:
            raise DecisionRefused("decision.voters-unknown") from None

    def _drop_revoked(self, current: DecisionInProgress, revoked: Collection[CastVote]) -> set[str]:
        for vote in sorted(revoked, key=lambda vote: (vote.kind, vote.name, vote.operator_sub)):
            part = current.parts[vote.part_id]
            add_part_to_history(current, DecisionEvent.VOTE_DROPPED, part, voter=vote.operator_name)
        return drop_revoked(current, revoked, rules=self._rules)

    # --- what is decided of each part ----------------------------------------------------

    def _vote_all(self, current: DecisionInProgress) -> tuple[str, ...]:
        """Vote on each part as the operator has chosen; the parts that wait for other approvers."""
        waiting = []
        for part_id, choice in current.decision.parts.items():
            part = current.parts[part_id]
            is_accepted = isinstance(choice, Accept) and self._checks.completes(current, part, choice)
            cast_vote(current, part, choice)
            if isinstance(choice, Refuse):
                self._refuse(current, part, choice)
            elif is_accepted:
                self._accept(current, part)
            else:
                waiting.append(part_id)
                add_part_to_history(current, DecisionEvent.VOTED, part)
                audit_vote(current, self._audit, part)
        return tuple(waiting)

    def _accept(self, current: DecisionInProgress, part: RequestPart) -> None:
        part.decision, part.decided_at = PartDecision.ACCEPTED, current.now
        add_part_to_history(current, DecisionEvent.ACCEPTED, part)
        audit_part(current, self._audit, part)

    def _refuse(self, current: DecisionInProgress, part: RequestPart, choice: Refuse) -> None:
        part.decision, part.decided_at = PartDecision.REFUSED, current.now
        part.refusal_code, part.refusal_words = choice.code, choice.words
        add_part_to_history(current, DecisionEvent.REFUSED, part, code=choice.code)
        audit_part(current, self._audit, part)

    def _ask_for_more(self, current: DecisionInProgress) -> None:
        fields = list(current.decision.ask_for)
        current.session.add(
            MoreAsked(
                id=uuid4().hex,
                request_id=current.request.id,
                fields=fields,
                words=current.decision.words,
                operator_sub=current.operator.subject,
                operator_name=current.operator.name,
                asked_at=current.now,
                answer_by=current.now + self._settings.more_asked_lifetime,
            )
        )
        add_to_history(current, DecisionEvent.MORE_ASKED, fields=fields)
        audit_question(current, self._audit)

    # --- what follows for the request ----------------------------------------------------

    def _conclude(self, current: DecisionInProgress) -> dict[str, Any] | None:
        """Move the request on, and queue what was accepted; the body that was queued."""
        session, request, now = current.session, current.request, current.now
        account = current.part_of(PartKind.ACCOUNT)
        if account is not None and account.decision == PartDecision.REFUSED:
            for part in current.with_decision(PartDecision.OPEN):
                self._refuse(current, part, Refuse(code=RefusalCode.ACCOUNT_REFUSED, words=""))
        is_over = not current.with_decision(PartDecision.OPEN)
        if is_over:
            move(request, RequestState.DECIDED, now=now)
            request.decided_at = now
            add_to_history(current, DecisionEvent.DECIDED)
        elif current.decision.ask_for:
            move(request, RequestState.MORE_ASKED, now=now)
        else:
            touch(request, now=now)
        delivered = self._deliver(current)
        if is_over and not _is_being_delivered(session, request.id):
            request.closed_at = now
        return delivered

    def _deliver(self, current: DecisionInProgress) -> dict[str, Any] | None:
        """Queue the accepted parts that no outbox row has yet, once there is an account to give them to.

        Each is delivered in the name of the operator who has accepted it, who answers for it: a row for each of them,
        in the order in which access is given, the account first and applications last.

        Returns:
            The body of the first row that is this operator's.
        """
        session, request, operator = current.session, current.request, current.operator
        account = current.part_of(PartKind.ACCOUNT)
        if account is not None and account.decision != PartDecision.ACCEPTED:
            return None
        queued = queued_parts(session, request.id)
        accepted = [
            part for part in current.with_decision(PartDecision.ACCEPTED) if (part.kind, part.name) not in queued
        ]
        if not accepted:
            return None
        in_order = sorted(accepted, key=lambda part: (list(PartKind).index(PartKind(part.kind)), part.name))
        bodies = []
        for decider, together in groupby(in_order, key=lambda part: completed_by(session, part)):
            words = current.decision.words if decider == operator.subject else ""
            bodies.append(self._outbox.queue(session, request, list(together), operator=decider, words=words).body)
        return next((body for body in bodies if body["operator"] == operator.subject), None)

    def _write(self, current: DecisionInProgress) -> tuple[Letter, ...]:
        """Mail the letters of refusals and questions; they are returned with "…" for the secret of their link."""
        session, now = current.session, current.now
        refused = [part for part in current.with_decision(PartDecision.REFUSED) if part.decided_at == now]
        if not refused and not current.decision.ask_for:
            return ()
        status = f"{self._settings.address}/status/"
        secret = add_link(session, current.request.id, LinkPurpose.STATUS, now=now, lifetime=None)
        for letter in answer_letters(current, refused, url=f"{status}{secret}", settings=self._settings):
            self._letters.post(session, letter)
        return answer_letters(current, refused, url=f"{status}…", settings=self._settings)


def _is_being_delivered(session: Session, request_id: str) -> bool:
    waiting = select(OutboxEntry.id).where(OutboxEntry.request_id == request_id, OutboxEntry.delivered_at.is_(None))
    return session.scalar(waiting.limit(1)) is not None
