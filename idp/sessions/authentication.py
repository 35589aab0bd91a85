"""That someone proved who they are: how well, by which means, and when."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from relying_parties.policy import AssuranceLevel


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
