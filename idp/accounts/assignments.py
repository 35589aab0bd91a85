"""What an account is granted for a time: an entitlement to an application, or the membership of a community.

An assignment says in which role, from when until when, who granted it and why. One
that has ended stays in the database, for those who ask later; it opens nothing.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final

LONGEST_ROLE = 64
LONGEST_REASON = 500

_ROLE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignmentTerms:
    """The terms to grant: from `starts_at` (now, when it is None) to `ends_at` (without end, when it is None)."""

    role: str | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    reason: str | None = None

    def problems(self, now: datetime) -> list[str]:
        """Everything that keeps these terms from being granted, one sentence each."""
        problems = []
        if self.role is not None and not is_role(self.role):
            problems.append("role: must be 1 to 64 letters, digits, dots, hyphens or underscores, such as secretary")
        if self.ends_at is not None and self.ends_at <= (self.starts_at or now):
            problems.append("end: must be later than the start")
        if self.reason is not None and not (0 < len(self.reason) <= LONGEST_REASON and self.reason.isprintable()):
            problems.append(f"reason: must be 1 to {LONGEST_REASON} characters on one line")
        return problems


UNLIMITED: Final = AssignmentTerms()
"""From now on, without end, in no particular role."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """What an account was granted. `granted_by` is the actor as the audit trail writes it, None when unknown."""

    role: str | None
    starts_at: datetime
    ends_at: datetime | None
    reason: str | None
    granted_at: datetime
    granted_by: str | None

    def is_in_force(self, now: datetime) -> bool:
        return self.starts_at <= now and not self.has_ended(now)

    def has_ended(self, now: datetime) -> bool:
        return self.ends_at is not None and self.ends_at <= now

    @property
    def terms(self) -> AssignmentTerms:
        return AssignmentTerms(role=self.role, starts_at=self.starts_at, ends_at=self.ends_at, reason=self.reason)


def is_role(text: str) -> bool:
    """Whether `text` can name a role in an application or a community."""
    return len(text) <= LONGEST_ROLE and _ROLE.fullmatch(text) is not None
