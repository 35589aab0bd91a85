"""Whether the operators who have voted still hold the role for it when the decision becomes final.

Roles are revoked at the identity provider, which is asked: a vote stays here after the session of its operator. It also
knows whether the request is that operator's own: they may have invited another mailbox of theirs, or voted before the
request was said to be of their account. The vote of an invitation is the inviter's. Votes on what was handed to
delivery count: that decision was final.
"""

from dataclasses import dataclass

from sqlalchemy import select

from config.sql.database import Database
from enrollment.idp_client import IdpClient, IdpRefused, IdpUnavailable
from enrollment.office.operators import answer_for, held_roles
from enrollment.requests.models import EnrollmentRequest, PartVote, RequestPart
from enrollment.requests.queued import queued_parts
from enrollment.requests.vocabulary import PartDecision, Vote


@dataclass(frozen=True, slots=True, kw_only=True)
class CastVote:
    """A vote for a part, and the operator who has cast it."""

    part_id: str
    kind: str
    name: str
    operator_sub: str
    operator_name: str


class VotersUnknown(Exception):
    """The identity provider does not say who still holds a role."""


class OwnRequest(Exception):
    """The account that the request is said to be of is the operator's: only the identity provider knows whose it is."""


class Voters:
    """Asks the identity provider."""

    def __init__(self, database: Database, idp: IdpClient) -> None:
        self._database = database
        self._idp = idp

    def revoked(self, request_id: str, *, operator: str) -> frozenset[CastVote]:
        """The votes of others on a request, whose operators no longer answer for the part.

        Args:
            operator: the subject of the operator who decides now.

        Raises:
            OwnRequest: nobody decides on a request of their own.
            VotersUnknown: there are votes of others, or the request is said to be of an account, and the identity
                provider does not answer.
        """
        found, person = self._votes(request_id)
        votes = [vote for vote in found if vote.operator_sub != operator]
        if not votes and not person.get("handle"):
            return frozenset()
        try:
            # The present operator comes first: of one person with two accounts, that one counts.
            voters = [operator, *sorted({vote.operator_sub for vote in votes})]
            held = self._idp.operator_roles(voters, person=person)
        except (IdpUnavailable, IdpRefused) as failure:
            raise VotersUnknown from failure
        if person.get("handle") and not held[operator]:
            raise OwnRequest
        return frozenset(
            vote for vote in votes if not answer_for(held_roles(held[vote.operator_sub]), vote.kind, vote.name)
        )

    def _votes(self, request_id: str) -> tuple[list[CastVote], dict[str, str]]:
        """The votes for the parts that no delivery has yet, and the person of the request."""
        votes = (
            select(PartVote.part_id, RequestPart.kind, RequestPart.name, PartVote.operator_sub, PartVote.operator_name)
            .join(RequestPart, RequestPart.id == PartVote.part_id)
            .where(
                RequestPart.request_id == request_id,
                RequestPart.decision != PartDecision.REFUSED,
                PartVote.vote == Vote.ACCEPT,
            )
        )
        with self._database.transaction() as session:
            queued = queued_parts(session, request_id)
            found = [CastVote(**row._mapping) for row in session.execute(votes)]
            request = session.get(EnrollmentRequest, request_id)
            if request is None:
                return [], {}
            person = {
                "email": request.email,
                "rpps": request.rpps,
                "subject": request.account_subject or "",
                "handle": request.existing_account or "",
            }
        return [vote for vote in found if (vote.kind, vote.name) not in queued], person
