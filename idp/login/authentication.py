"""That someone proved who they are: how well, by which means, and when."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from relying_parties.policy import Assurance

if TYPE_CHECKING:
    from idp.login.request import LoginRequest


CLOCKS_DIFFER = timedelta(seconds=10)
"""At most, between the machines of one installation."""


class MethodReference(StrEnum):
    """Authentication method references, RFC 8176 section 2."""

    PASSWORD = "pwd"  # noqa: S105 - the word of the RFC


@dataclass(frozen=True, slots=True, kw_only=True)
class Authentication:
    """Someone proved who they are."""

    assurance: Assurance
    methods: tuple[MethodReference, ...]
    at: datetime

    def answers(self, request: "LoginRequest") -> bool:
        """Whether this is recent enough for `request`, without asking again.

        OpenID Connect Core 1.0, section 3.1.2.1, `prompt` and `max_age`. An
        authentication made after the request arrived is always recent enough; one
        of the future is from before the clock was set back, and nobody knows its age.
        """
        if self.at > datetime.now(UTC) + CLOCKS_DIFFER:
            return not request.fresh and request.max_age is None
        if self.at >= request.received_at:
            return True
        if request.fresh:
            return False
        return request.max_age is None or request.received_at - self.at <= request.max_age
