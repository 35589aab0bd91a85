"""An operator's vote on a part, and whether it completes the acceptance.

Several operators accept the same thing: one who accepts a part on other terms (role, start, end) than the operators
before drops their votes.
"""

from datetime import datetime

from sqlalchemy.orm import Session

from enrollment.office.decision import Accept, Refuse
from enrollment.office.operators import Operator
from enrollment.office.rules import Rules
from enrollment.requests.in_person import enrolled_by
from enrollment.requests.models import PartVote, RequestPart
from enrollment.requests.vocabulary import Vote
from enrollment.requests.votes import accepting, drop_votes


def is_accepted_with(
    session: Session, rules: Rules, part: RequestPart, choice: Accept, operator: Operator, *, operator_may_decide: bool
) -> bool:
    """Whether enough operators accept a part on these terms once this one does.

    The operator who has filled in the request with the person is not enough, unless `operator_may_decide`.
    """
    those = {operator.subject} | (accepting(session, part) if _has_terms(part, choice) else set())
    is_enroller_alone = those == {enrolled_by(session, part.request_id)} and not operator_may_decide
    return not is_enroller_alone and len(those) >= rules.of(session, part.kind, part.name).approvers


def cast_vote(session: Session, part: RequestPart, choice: Accept | Refuse, operator: Operator, now: datetime) -> None:
    """Write the vote of an operator, and the terms on which they accept the part."""
    if isinstance(choice, Accept):
        if not _has_terms(part, choice):
            drop_votes(session, [part])
        part.role, part.starts_at, part.ends_at = choice.role, choice.starts_at, choice.ends_at
    vote = Vote.ACCEPT if isinstance(choice, Accept) else Vote.REFUSE
    session.merge(
        PartVote(part_id=part.id, operator_sub=operator.subject, operator_name=operator.name, vote=vote, at=now)
    )
    session.flush()


def _has_terms(part: RequestPart, choice: Accept) -> bool:
    return (part.role, part.starts_at, part.ends_at) == (choice.role, choice.starts_at, choice.ends_at)
