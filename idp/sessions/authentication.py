"""That someone proved who they are: how well, by which means, and when."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from relying_parties.registry.policy import AssuranceLevel

if TYPE_CHECKING:
    from idp.login.request import LoginRequest


CLOCKS_DIFFER = timedelta(seconds=10)
"""At most, between the machines of one installation."""


class MethodReference(StrEnum):
    """Authentication method references, RFC 8176 section 2."""

    PASSWORD = "pwd"  # noqa: S105 - the word of the RFC


@dataclass(frozen=True, slots=True, kw_only=True)
class Authentication:
    """Someone proved who they are.

    `occasion` names the pending login in which they did (`PendingLogin.occasion`); empty in none.
    """

    assurance: AssuranceLevel
    methods: tuple[MethodReference, ...]
    at: datetime
    occasion: str = ""

    def took_place_in(self, occasion: str | None) -> bool:
        """Whether the person logged in in this very pending login, and not merely after it began."""
        return bool(occasion) and self.occasion == occasion

    def answers(self, request: "LoginRequest", *, occasion: str | None = None) -> bool:
        """Whether this is recent enough for `request`, without asking again.

        OpenID Connect Core 1.0, section 3.1.2.1, `prompt` and `max_age`; SAML Core section 3.4.1,
        ForceAuthn. `occasion` names the pending login that is to be answered, if there is one. On a
        shared computer another person may have logged in since it began: an authentication counts
        that took place in it, and where the request accepts an earlier one, one of before it began.
        """
        if self.took_place_in(occasion):
            return True
        if request.force_authn:
            return False
        if request.max_age is None:
            return True
        if self.at > datetime.now(UTC) + CLOCKS_DIFFER:
            return False  # from before the clock was set back: nobody knows its age
        age = request.received_at - self.at
        is_of_another_login = occasion is not None and age < timedelta(0)
        return not is_of_another_login and age <= request.max_age
