"""What must be true of a decision before anything is written: of what it decides, and by which rules.

Who may decide of a request at all is checked when it is locked (`request_lock.py`).
"""

from enrollment.office.decision import LONGEST_WORDS, Accept, DecisionRefused, Refuse
from enrollment.office.decision_in_progress import DecisionInProgress
from enrollment.office.rules import Rules
from enrollment.office.votes import is_accepted_with
from enrollment.requests.models import RequestPart
from enrollment.requests.more_asked import ASKABLE, reason_field
from enrollment.requests.states import RequestState
from enrollment.requests.vocabulary import PartDecision, PartKind


class DecisionChecks:
    """Checks decisions against the rules of approval and the offer, in the caller's transaction."""

    def __init__(self, rules: Rules, *, operator_may_decide: bool) -> None:
        """`operator_may_decide`: an operator may accept alone what they have filled in with the person."""
        self._rules = rules
        self._operator_may_decide = operator_may_decide

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
                raise DecisionRefused("decision.not-yours", part=part.id)
            if part.decision != PartDecision.OPEN:
                raise DecisionRefused("decision.already-decided", part=part.id)
            if isinstance(choice, Accept):
                self._check_acceptance(current, part, choice)
            elif len(choice.words) > LONGEST_WORDS:
                raise DecisionRefused("field.too-long", part=part.id)

    def _check_question(self, current: DecisionInProgress) -> None:
        """One question at a time, in words, about fields that can be asked again."""
        if current.request.state == RequestState.MORE_ASKED:
            raise DecisionRefused("decision.already-asked")
        if not current.decision.words.strip():
            raise DecisionRefused("decision.words-missing")
        known = {*ASKABLE, *map(reason_field, current.parts)}
        if not known.issuperset(current.decision.ask_for):
            raise DecisionRefused("decision.field-unknown")

    def _check_acceptance(self, current: DecisionInProgress, part: RequestPart, choice: Accept) -> None:
        """The rule of the part, its dates, and what the registration of an application needs."""
        if self._rules.of(current.session, part.kind, part.name).approvers == 0:
            raise DecisionRefused("decision.nobody-approves", part=part.id)
        if choice.ends_at is not None and choice.ends_at <= (choice.starts_at or current.now):
            raise DecisionRefused("decision.ends-before", part=part.id)
        if part.kind != PartKind.APPLICATION:
            if choice.role is not None:
                raise DecisionRefused("decision.role-unknown", part=part.id)
            return
        application = current.offer.application(part.name)
        if application is None:
            raise DecisionRefused("decision.application-unknown", part=part.id)
        if choice.role is not None and choice.role not in {role.name for role in application.roles}:
            raise DecisionRefused("decision.role-unknown", part=part.id)
        if current.request.confidentiality in application.closed_to_levels:
            raise DecisionRefused("decision.level-closed", part=part.id)
        for community in application.needs_communities:
            self._check_community(current, part, community)

    def _check_community(self, current: DecisionInProgress, part: RequestPart, community: str) -> None:
        """The community that an application needs is accepted before it, or with it.

        Of an account that exists the identity provider knows the communities: it refuses the delivery.
        """
        needed = current.part_of(PartKind.COMMUNITY, community)
        if needed is None:
            if current.request.account_subject is None and current.request.existing_account is None:
                raise DecisionRefused("decision.community-missing", part=part.id)
            return
        choice = current.decision.parts.get(needed.id)
        if needed.decision == PartDecision.REFUSED or isinstance(choice, Refuse):
            raise DecisionRefused("decision.community-refused", part=part.id)
        is_accepted = needed.decision == PartDecision.ACCEPTED or (
            isinstance(choice, Accept) and self.completes(current, needed, choice)
        )
        if not is_accepted:
            raise DecisionRefused("decision.community-first", part=part.id)

    def completes(self, current: DecisionInProgress, part: RequestPart, choice: Accept) -> bool:
        """Whether enough operators accept the part on these terms once this one does."""
        return is_accepted_with(current, part, choice, rules=self._rules, operator_may_decide=self._operator_may_decide)
