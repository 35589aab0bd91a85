"""The rules of approval: how many operators must accept a part, and when it is reminded of, escalated, and lapses.

The rule of a part is that of its own name, else that of its kind, else one approver and
the times of the settings. A rule with no approver approves nobody.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from config.sql.upsert import put
from enrollment.requests.models import ApprovalRule
from enrollment.settings import EnrollmentSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """The rule of one part."""

    approvers: int
    remind_after: timedelta
    escalate_after: timedelta
    lapse_after: timedelta


class Rules:
    """Finds and changes rules, in the caller's transaction."""

    def __init__(self, settings: EnrollmentSettings) -> None:
        self._settings = settings

    def of(self, session: Session, kind: str, name: str) -> Rule:
        """The rule of the part of this kind and name."""
        own = session.get(ApprovalRule, (kind, name)) or session.get(ApprovalRule, (kind, ""))
        settings = self._settings
        if own is None:
            return Rule(
                approvers=1,
                remind_after=settings.reminder_after,
                escalate_after=settings.escalation_after,
                lapse_after=settings.lapse_after,
            )
        return Rule(
            approvers=own.approvers,
            remind_after=_days(own.remind_after_days, settings.reminder_after),
            escalate_after=_days(own.escalate_after_days, settings.escalation_after),
            lapse_after=_days(own.lapse_after_days, settings.lapse_after),
        )

    def set(self, session: Session, kind: str, name: str, *, approvers: int, **days: int | None) -> None:
        """Replace the rule of `kind` and `name` (of the whole kind, when the name is "")."""
        put(session, ApprovalRule, part_kind=kind, part_name=name, approvers=approvers, **days)

    def remove(self, session: Session, kind: str, name: str) -> bool:
        """Remove a rule, so that the general one holds; whether there was one."""
        removed = session.execute(
            delete(ApprovalRule).where(ApprovalRule.part_kind == kind, ApprovalRule.part_name == name)
        )
        return bool(removed.rowcount)  # type: ignore[attr-defined]

    def all(self, session: Session) -> Sequence[ApprovalRule]:
        """Every rule that was set, by kind and name."""
        return session.scalars(select(ApprovalRule).order_by(ApprovalRule.part_kind, ApprovalRule.part_name)).all()


def _days(own: int | None, usual: timedelta) -> timedelta:
    return usual if own is None else timedelta(days=own)
