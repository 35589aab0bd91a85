"""A decision that is being carried out: what its checks, its votes and its records all read."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from enrollment.offer import Offer
from enrollment.office.decision import Decision
from enrollment.office.operators import Operator
from enrollment.requests.models import EnrollmentRequest, RequestPart
from enrollment.requests.vocabulary import PartDecision, PartKind


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionInProgress:
    """One operator's decision of one request, in one transaction.

    Attributes:
        session: the transaction, in which the request is locked.
        parts: all parts of the request, by identifier.
        now: the instant of everything that the decision writes; aware.
    """

    session: Session
    request: EnrollmentRequest
    parts: Mapping[str, RequestPart]
    decision: Decision
    operator: Operator
    offer: Offer
    now: datetime

    def part_of(self, kind: PartKind, name: str = "") -> RequestPart | None:
        """The part that asks for this; None when the request does not."""
        return next((part for part in self.parts.values() if (part.kind, part.name) == (kind, name)), None)

    def with_decision(self, decision: PartDecision) -> list[RequestPart]:
        """The parts of which this has been decided, by this decision or before."""
        return [part for part in self.parts.values() if part.decision == decision]
