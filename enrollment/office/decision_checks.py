"""What must be true of a decision before anything is written: who decides, of what, and by which rules."""

from sqlalchemy.orm import Session

from config.mail_addresses import mailbox_of
from enrollment.office.decision import LONGEST_WORDS, Accept, DecisionRefused, Refuse
from enrollment.office.decision_in_progress import DecisionInProgress
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

    def check(self, current: DecisionInProgress) -> None:
        """Return when every choice may be made.

        Raises:
            DecisionRefused
        """
        decision = current.decision
        if not decision.parts and not decision.ask_for:
            raise DecisionRefused("decision.empty")
        if len(decision.words) > LONGEST_WORDS:
            raise DecisionRefused("field.too-long")
        if decision.ask_for:
            self._check_question(current)
        for part_id, choice in decision.parts.items():
            part = current.parts.get(part_id)
            if part is None:
                raise DecisionRefused("part.unknown")
            if not current.operator.answers_for(part.kind, part.name):
                raise DecisionRefused("decision.not-yours", part=part.name)
            if part.decision != PartDecision.OPEN:
                raise DecisionRefused("decision.already-decided", part=part.name)
            if isinstance(choice, Accept):
                self._check_acceptance(current, part, choice)
            elif len(choice.words) > LONGEST_WORDS:
                raise DecisionRefused("field.too-long")

    def _check_question(self, current: DecisionInProgress) -> None:
        """One question at a time, in words, about fields that can be asked again."""
        if current.request.state == RequestState.MORE_ASKED:
            raise DecisionRefused("decision.already-asked")
        if not current.decision.words.strip():
            raise DecisionRefused("decision.words-missing")
        known = {*ASKABLE, *map(reason_field, current.parts)}
        if unknown := set(current.decision.ask_for) - known:
            raise DecisionRefused("decision.field-unknown", field=min(unknown))

    def _check_acceptance(self, current: DecisionInProgress, part: RequestPart, choice: Accept) -> None:
        """The rule of the part, its dates, and what the registration of an application needs."""
        if self._rules.of(current.session, part.kind, part.name).approvers == 0:
            raise DecisionRefused("decision.nobody-approves", part=part.name)
        if choice.ends_at is not None and choice.ends_at <= (choice.starts_at or current.now):
            raise DecisionRefused("decision.ends-before", part=part.name)
        if part.kind != PartKind.APPLICATION:
            if choice.role is not None:
                raise DecisionRefused("decision.role-unknown", part=part.name)
            return
        application = current.offer.application(part.name)
        if application is None:
            raise DecisionRefused("decision.application-unknown", part=part.name)
        if choice.role is not None and choice.role not in {role.name for role in application.roles}:
            raise DecisionRefused("decision.role-unknown", part=part.name)
        if current.request.confidentiality in application.closed_to_levels:
            raise DecisionRefused("decision.level-closed", part=part.name)
        for community in application.needs_communities:
            self._check_community(current, part, community)

    def _check_community(self, current: DecisionInProgress, part: RequestPart, community: str) -> None:
        """The community that an application needs is accepted before it, or with it.

        Of an account that exists the identity provider knows the communities: it refuses the delivery.
        """
        needed = current.part_of(PartKind.COMMUNITY, community)
        if needed is None:
            if current.request.account_subject is None and current.request.existing_account is None:
                raise DecisionRefused("decision.community-missing", part=part.name, community=community)
            return
        choice = current.decision.parts.get(needed.id)
        if needed.decision == PartDecision.REFUSED or isinstance(choice, Refuse):
            raise DecisionRefused("decision.community-refused", part=part.name, community=community)
        is_accepted = needed.decision == PartDecision.ACCEPTED or (
            isinstance(choice, Accept) and self.completes(current, needed, choice)
        )
        if not is_accepted:
            raise DecisionRefused("decision.community-first", part=part.name, community=community)

    def completes(self, current: DecisionInProgress, part: RequestPart, choice: Accept) -> bool:
        """Whether enough operators accept the part on these terms once this one does."""
        return is_accepted_with(current, part, choice, rules=self._rules, operator_may_decide=self._operator_may_decide)


def is_own(request: EnrollmentRequest, operator: Operator) -> bool:
    """Whether the request is the operator's own: by the account, or by the mailbox."""
    by_mailbox = bool(operator.email) and mailbox_of(request.email) == mailbox_of(operator.email)
    return request.account_subject == operator.subject or by_mailbox
