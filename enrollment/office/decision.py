"""What an operator decides of a request: the values that the pages make and the decision reads.

The checks are in `decision_checks.py`, the transaction in `decisions.py`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from config.mail import Letter
from enrollment.office.refusals import RefusalCode
from enrollment.requests.states import RequestState

LONGEST_WORDS: Final = 2_000


class DecisionEvent(StrEnum):
    """The lines of a request's history that decisions add."""

    VOTED = "voted"
    VOTE_DROPPED = "vote-dropped"
    ACCEPTED = "part-accepted"
    REFUSED = "part-refused"
    MORE_ASKED = "more-asked"
    DECIDED = "decided"


@dataclass(frozen=True, slots=True, kw_only=True)
class Accept:
    """Accept a part."""

    role: str | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Refuse:
    """Refuse a part, for a coded reason in words that the person reads."""

    code: RefusalCode
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What one operator decides of one request at once.

    Attributes:
        version: the version of the request that the operator has read.
        parts: by identifier of a part; parts that are not named stay as they are.
        ask_for: what is to be completed or corrected, named as in `MoreAsked.fields`; with `words`.
        words: to the person.
    """

    version: int
    parts: Mapping[str, Accept | Refuse] = field(default_factory=dict)
    ask_for: Sequence[str] = ()
    words: str = ""


class DecisionRefused(Exception):
    """Nothing was decided. `code` has its sentence in `office/messages.py`; `part` identifies the part it is about."""

    def __init__(self, code: str, *, part: str | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.part = part


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """What came of it.

    Attributes:
        waiting: the identifiers of the parts that still wait for other approvers.
        reopened: those of the parts that were accepted and are to be decided again, since an operator who had accepted
            them no longer answers for them.
        provisioning: what the identity provider is sent; None when nothing is delivered by this decision.
        letters: those of enrollment, with "…" for the secret of a link.
    """

    request_id: str
    state: RequestState
    waiting: tuple[str, ...]
    reopened: tuple[str, ...]
    provisioning: Mapping[str, Any] | None
    letters: tuple[Letter, ...]
