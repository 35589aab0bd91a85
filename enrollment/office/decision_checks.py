"""What must be true of a decision before anything is written: who decides, of what, and by which rules."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from enrollment.offer import Offer
from enrollment.office.decision import LONGEST_WORDS, Accept, Decision, DecisionRefused, Refuse
from enrollment.office.operators import Operator, Permission
from enrollment.office.rules import Rules
from enrollment.office.votes import is_accepted_with
from enrollment.requests.models import EnrollmentRequest, RequestPart
from enrollment.requests.more_asked import ASKABLE, reason_field
from enrollment.requests.requests import lock_request
from enrollment.requests.states import QUEUED, RequestState
from enrollment.requests.vocabulary import PartDecision, PartKind


class DecisionChecks:
    """Checks decisions against the rules of approval and the offer, in the caller's transaction."""

    def __init__(self, rules: Rules, *, operator_may_decide: bool) -> None:
        """`operator_may_decide`: an operator may accept alone what they have filled in with the person."""
        self._rules = rules
        self._operator_may_decide = operator_may_decide

    def locked(self, session: Session, request_id: str, version: int, operator: Operator) -> EnrollmentRequest:
        """The request, locked, when this operator may decide of it and has read its present version.

        Raises:
            DecisionRefused
        """
        request = lock_request(session, request_id)
        if request is None:
            raise DecisionRefused("request.unknown")
        if not operator.may(Permission.DECIDE):
            raise DecisionRefused("decision.not-permitted")
        if is_own(request, operator):
            raise DecisionRefused("decision.own-request")
        if request.state not in QUEUED:
            raise DecisionRefused("decision.not-in-queue", state=request.state)
        if request.version != version:
            raise DecisionRefused("decision.changed-meanwhile")
        return request

    def check(
        self,
        session: Session,
        request: EnrollmentRequest,
        parts: Mapping[str, RequestPart],
        decision: Decision,
        operator: Operator,
        offer: Offer,
        now: datetime,
    ) -> None:
        """Return when every choice may be made.

        Raises:
            DecisionRefused
        """
        if not decision.parts and not decision.ask_for:
            raise DecisionRefused("decision.empty")
        if len(decision.words) > LONGEST_WORDS:
            raise DecisionRefused("field.too-long")
        if decision.ask_for:
            if request.state == RequestState.MORE_ASKED:
                raise DecisionRefused("decision.already-asked")
            if not decision.words.strip():
                raise DecisionRefused("decision.words-missing")
            known = {*ASKABLE, *map(reason_field, parts)}
            if unknown := set(decision.ask_for) - known:
                raise DecisionRefused("decision.field-unknown", field=min(unknown))
        for part_id, choice in decision.parts.items():
            part = parts.get(part_id)
            if part is None:
                raise DecisionRefused("part.unknown")
            if not operator.answers_for(part.kind, part.name):
                raise DecisionRefused("decision.not-yours", part=part.name)
            if part.decision in (PartDecision.ACCEPTED, PartDecision.REFUSED):
                raise DecisionRefused("decision.already-decided", part=part.name)
            if isinstance(choice, Accept):
                self._check_acceptance(session, request, parts, decision, part, choice, operator, offer, now)
            elif len(choice.words) > LONGEST_WORDS:
                raise DecisionRefused("field.too-long")

    def _check_acceptance(
        self,
        session: Session,
        request: EnrollmentRequest,
        parts: Mapping[str, RequestPart],
        decision: Decision,
        part: RequestPart,
        choice: Accept,
        operator: Operator,
        offer: Offer,
        now: datetime,
    ) -> None:
        """The rule of the part, its dates, and what the registration of an application needs."""
        if self._rules.of(session, part.kind, part.name).approvers == 0:
            raise DecisionRefused("decision.nobody-approves", part=part.name)
        if choice.ends_at is not None and choice.ends_at <= (choice.starts_at or now):
            raise DecisionRefused("decision.ends-before", part=part.name)
        if part.kind != PartKind.APPLICATION:
            if choice.role is not None:
                raise DecisionRefused("decision.role-unknown", part=part.name)
            return
        application = offer.application(part.name)
        if application is None:
            raise DecisionRefused("decision.application-unknown", part=part.name)
        if choice.role is not None and choice.role not in {role.name for role in application.roles}:
            raise DecisionRefused("decision.role-unknown", part=part.name)
        if request.confidentiality in application.closed_to_levels:
            raise DecisionRefused("decision.level-closed", part=part.name)
        for community in application.needs_communities:
            self._check_community(session, request, parts, decision, part, community, operator)

    def _check_community(
        self,
        session: Session,
        request: EnrollmentRequest,
        parts: Mapping[str, RequestPart],
        decision: Decision,
        part: RequestPart,
        community: str,
        operator: Operator,
    ) -> None:
        """The community that an application needs is accepted before it, or with it.

        Of an account that exists the identity provider knows the communities: it refuses the delivery.
        """
        needed = next((p for p in parts.values() if (p.kind, p.name) == (PartKind.COMMUNITY, community)), None)
        if needed is None:
            if request.account_subject is None and request.existing_account is None:
                raise DecisionRefused("decision.community-missing", part=part.name, community=community)
            return
        choice = decision.parts.get(needed.id)
        if needed.decision == PartDecision.REFUSED or isinstance(choice, Refuse):
            raise DecisionRefused("decision.community-refused", part=part.name, community=community)
        is_accepted = needed.decision == PartDecision.ACCEPTED or (
            isinstance(choice, Accept) and self.is_accepted_with(session, needed, choice, operator)
        )
        if not is_accepted:
            raise DecisionRefused("decision.community-first", part=part.name, community=community)

    def is_accepted_with(self, session: Session, part: RequestPart, choice: Accept, operator: Operator) -> bool:
        """Whether the part is accepted once this operator has accepted it on these terms."""
        return is_accepted_with(
            session, self._rules, part, choice, operator, operator_may_decide=self._operator_may_decide
        )


def is_own(request: EnrollmentRequest, operator: Operator) -> bool:
    """Whether the request is the operator's own: by the account, or by the mailbox."""
    by_mailbox = bool(operator.email) and request.email.casefold() == operator.email.casefold()
    return request.account_subject == operator.subject or by_mailbox
