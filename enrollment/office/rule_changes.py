"""Rules of approval are set and removed, with their line of the audit trail: by a command, or by a page."""

from dataclasses import dataclass
from typing import Final, Self

from sqlalchemy.orm import Session

from config.actor import Actor
from config.audit.trail import Audit, AuditEntry
from enrollment.audit_kinds import EnrollmentAuditKind
from enrollment.office.rules import Rules
from enrollment.requests.vocabulary import PartKind, part_code

MOST_APPROVERS: Final = 9
LONGEST_DAYS: Final = 3_650
_LONGEST_NAME: Final = 255  # characters, as the column has them


class NotAPart(ValueError):
    """This text names no part; the message says how one is written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PartName:
    """What a rule is for: a whole kind of parts, or the one with this name."""

    kind: PartKind
    name: str = ""

    @classmethod
    def read(cls, text: str) -> Self:
        """The part in `account`, `community`, `application`, `community:onco-centre` or `application:dcc`.

        Raises:
            NotAPart
        """
        kind, colon, name = text.partition(":")
        kinds = ", ".join(PartKind)
        if kind not in set(PartKind):
            raise NotAPart(f"{text}: a part is one of {kinds}, and may go on with a name, as in community:onco-centre")
        if colon and (kind == PartKind.ACCOUNT or not name or len(name) > _LONGEST_NAME or not name.isprintable()):
            raise NotAPart(f"{text}: the name after {kind}: is that of a community or an application")
        return cls(kind=PartKind(kind), name=name)

    def __str__(self) -> str:
        return part_code(self.kind, self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleTerms:
    """The terms of a rule. A number of days that is None is the setting's."""

    approvers: int
    remind_after_days: int | None = None
    escalate_after_days: int | None = None
    lapse_after_days: int | None = None

    def problems(self) -> list[str]:
        """Everything that is wrong with these terms, one sentence each."""
        found = []
        if not 0 <= self.approvers <= MOST_APPROVERS:
            found.append(f"approvers: must be between 0 (nobody approves it) and {MOST_APPROVERS}")
        times = {
            "remind-after": self.remind_after_days,
            "escalate-after": self.escalate_after_days,
            "lapse-after": self.lapse_after_days,
        }
        given = {name: days for name, days in times.items() if days is not None}
        found += [
            f"{name}: must be between 1 and {LONGEST_DAYS} days"
            for name, days in given.items()
            if not 1 <= days <= LONGEST_DAYS
        ]
        if list(given.values()) != sorted(given.values()):
            found.append("a reminder comes before the escalation, and the escalation before the request lapses")
        return found


class TermsRefused(ValueError):
    """The terms of a rule are wrong.

    Attributes:
        problems: everything that is wrong, one sentence each.
    """

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


def set_rule(session: Session, rules: Rules, audit: Audit, part: PartName, terms: RuleTerms, *, actor: Actor) -> None:
    """Set the rule of `part`, in place of a former one.

    Raises:
        TermsRefused
    """
    if problems := terms.problems():
        raise TermsRefused(problems)
    rules.set(
        session,
        part.kind,
        part.name,
        approvers=terms.approvers,
        remind_after_days=terms.remind_after_days,
        escalate_after_days=terms.escalate_after_days,
        lapse_after_days=terms.lapse_after_days,
    )
    detail = {"part": str(part), "approvers": terms.approvers}
    days = {
        "remind_after_days": terms.remind_after_days,
        "escalate_after_days": terms.escalate_after_days,
        "lapse_after_days": terms.lapse_after_days,
    }
    detail |= {name: number for name, number in days.items() if number is not None}
    audit.record(session, AuditEntry(kind=EnrollmentAuditKind.RULE_CHANGED, actor=actor, detail=detail))


def remove_rule(session: Session, rules: Rules, audit: Audit, part: PartName, *, actor: Actor) -> bool:
    """Remove the rule of `part`, so that the general one holds; whether there was one."""
    if not rules.remove(session, part.kind, part.name):
        return False
    detail = {"part": str(part), "removed": True}
    audit.record(session, AuditEntry(kind=EnrollmentAuditKind.RULE_CHANGED, actor=actor, detail=detail))
    return True
