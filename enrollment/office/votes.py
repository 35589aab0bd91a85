"""An operator's vote on a part, and whether it completes the acceptance.

Several operators accept the same thing: one who accepts a part on other terms (role, start, end) than the operators
before drops their votes. A vote whose operator no longer answers for the part is dropped too.
"""

from collections.abc import Collection

from sqlalchemy import delete

from enrollment.office.decision import Accept, Refuse
from enrollment.office.decision_in_progress import DecisionInProgress
from enrollment.office.rules import Rules
from enrollment.office.voters import CastVote
from enrollment.requests.in_person import enrolled_by
from enrollment.requests.models import PartVote, RequestPart
from enrollment.requests.vocabulary import PartDecision, Vote
from enrollment.requests.votes import accepting, drop_votes


def is_accepted_with(
    current: DecisionInProgress, part: RequestPart, choice: Accept, *, rules: Rules, operator_may_decide: bool
) -> bool:
    """Whether enough operators accept a part on these terms once this one does.

    The operator who has filled in the request with the person is not enough, unless `operator_may_decide`.
    """
    session = current.session
    those = {current.operator.subject} | (accepting(session, part) if _has_terms(part, choice) else set())
    is_enroller_alone = those == {enrolled_by(session, current.request.id)} and not operator_may_decide
    return not is_enroller_alone and len(those) >= rules.of(session, part.kind, part.name).approvers


def drop_revoked(current: DecisionInProgress, revoked: Collection[CastVote], *, rules: Rules) -> set[str]:
    """Delete votes whose operators no longer answer for the part; the parts that are thereby not accepted any more."""
    session = current.session
    for vote in revoked:
        of_operator = (PartVote.part_id == vote.part_id, PartVote.operator_sub == vote.operator_sub)
        session.execute(delete(PartVote).where(*of_operator))
    reopened = set()
    for part_id in {vote.part_id for vote in revoked}:
        part = current.parts[part_id]
        too_few = len(accepting(session, part)) < rules.of(session, part.kind, part.name).approvers
        if part.decision == PartDecision.ACCEPTED and too_few:
            part.decision, part.decided_at = PartDecision.OPEN, None
            reopened.add(part_id)
    return reopened


def cast_vote(current: DecisionInProgress, part: RequestPart, choice: Accept | Refuse) -> None:
    """Write the vote of the operator, and the terms on which they accept the part."""
    session, operator = current.session, current.operator
    if isinstance(choice, Accept):
        if not _has_terms(part, choice):
            drop_votes(session, [part])
        part.role, part.starts_at, part.ends_at = choice.role, choice.starts_at, choice.ends_at
    session.merge(
        PartVote(
            part_id=part.id,
            operator_sub=operator.subject,
            operator_name=operator.name,
            vote=Vote.ACCEPT if isinstance(choice, Accept) else Vote.REFUSE,
            at=current.now,
        )
    )
    session.flush()


def _has_terms(part: RequestPart, choice: Accept) -> bool:
    return (part.role, part.starts_at, part.ends_at) == (choice.role, choice.starts_at, choice.ends_at)
