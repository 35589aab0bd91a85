"""The states of a request, and which may follow which.

    draft ─┬─> unverified ─> pending <─> more_asked
           └──────────────────> │             │
                                └──> decided <┘      withdrawn, lapsed: from each state that is not the last

A draft is not a request yet: it is removed, and is neither withdrawn nor lapsed. One whose e-mail address
is known already (an account's, an invitation's, one read by an operator) goes straight to the queue.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class RequestState(StrEnum):
    """Where a request is on its way."""

    DRAFT = "draft"  # being filled in
    UNVERIFIED = "unverified"  # sent; the e-mail address is to be verified
    PENDING = "pending"  # in the queue of the operators
    MORE_ASKED = "more_asked"  # an operator waits for the person
    DECIDED = "decided"  # each part is accepted or refused
    WITHDRAWN = "withdrawn"  # by the person
    LAPSED = "lapsed"  # the person, or the operators, did not answer in time


TRANSITIONS: Final[Mapping[RequestState, frozenset[RequestState]]] = {
    RequestState.DRAFT: frozenset({RequestState.UNVERIFIED, RequestState.PENDING}),
    RequestState.UNVERIFIED: frozenset({RequestState.PENDING, RequestState.WITHDRAWN, RequestState.LAPSED}),
    RequestState.PENDING: frozenset(
        {RequestState.MORE_ASKED, RequestState.DECIDED, RequestState.WITHDRAWN, RequestState.LAPSED}
    ),
    RequestState.MORE_ASKED: frozenset(
        {RequestState.PENDING, RequestState.DECIDED, RequestState.WITHDRAWN, RequestState.LAPSED}
    ),
    RequestState.DECIDED: frozenset(),
    RequestState.WITHDRAWN: frozenset(),
    RequestState.LAPSED: frozenset(),
}

QUEUED: Final = frozenset({RequestState.PENDING, RequestState.MORE_ASKED})
"""What operators see and have not finished with."""


class TransitionRefused(Exception):
    """A request may not go from its state to the one that was asked for."""

    def __init__(self, found: RequestState, wanted: RequestState) -> None:
        super().__init__(f"a request that is {found} does not become {wanted}")
        self.found = found
        self.wanted = wanted


def is_final(state: RequestState) -> bool:
    """Whether nothing follows."""
    return not TRANSITIONS[state]


def check_transition(found: RequestState, wanted: RequestState) -> None:
    """Return if a request that is `found` may become `wanted`.

    Raises:
        TransitionRefused: it may not.
    """
    if wanted not in TRANSITIONS[found]:
        raise TransitionRefused(found, wanted)
