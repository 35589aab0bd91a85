"""The form of a decision: for each part, accept, ask for more, refuse, or leave it for later.

The names of its fields end with the identifier of the part: `choice-<part>`, `role-<part>`,
`from-<part>`, `until-<part>`, `code-<part>`, `words-<part>`. Besides: `ask` (fields of the
person to be completed), `words` (to the person), `version`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from werkzeug.datastructures import MultiDict

from config.typed_text import lines
from config.web.forms import Problems, posted_version
from config.web.language import gettext
from enrollment.office.decision import Accept, Decision, Refuse
from enrollment.office.refusals import WORDS, RefusalCode
from enrollment.requests.models import RequestPart
from enrollment.requests.more_asked import ASKABLE, person_fields, reason_field

LONGEST_FIELD: Final = 4_000


class Choice(StrEnum):
    """What an operator chooses for a part."""

    LATER = "later"
    ACCEPT = "accept"
    ASK = "ask"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True, kw_only=True)
class PartValues:
    """What was chosen for one part, as it was typed."""

    choice: str = Choice.LATER
    role: str = ""
    starts: str = ""
    ends: str = ""
    code: str = ""
    words: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionValues:
    """The whole form, as it was typed: a page shows it again, so that nothing is lost."""

    version: int
    parts: Mapping[str, PartValues]
    ask: frozenset[str] = frozenset()
    words: str = ""


def first_values(version: int, parts: Sequence[RequestPart]) -> DecisionValues:
    """The form before anything is typed: the role that the person wants is proposed."""
    return DecisionValues(version=version, parts={part.id: PartValues(role=part.wanted_role or "") for part in parts})


def read_values(posted: MultiDict[str, str], parts: Sequence[RequestPart]) -> DecisionValues:
    """What was posted for these parts; what is not of the form is left out."""

    def text(name: str) -> str:
        return lines(posted.get(name, ""))[:LONGEST_FIELD]

    return DecisionValues(
        version=posted_version(posted),
        parts={
            part.id: PartValues(
                choice=text(f"choice-{part.id}") or Choice.LATER,
                role=text(f"role-{part.id}"),
                starts=text(f"from-{part.id}"),
                ends=text(f"until-{part.id}"),
                code=text(f"code-{part.id}"),
                words=text(f"words-{part.id}"),
            )
            for part in parts
        },
        ask=frozenset(posted.getlist("ask")) & frozenset(ASKABLE),
        words=text("words"),
    )


def read_decision(
    values: DecisionValues, parts: Sequence[RequestPart], *, zone: ZoneInfo
) -> tuple[Decision | None, Problems]:
    """The decision of a form, or the problems of its fields. A refusal without words gets those of its reason."""
    chosen: dict[str, Accept | Refuse] = {}
    asked = list(person_fields(values.ask))
    problems: list[tuple[str, str]] = []
    wants_more = False
    for part in parts:
        typed = values.parts[part.id]
        match typed.choice:
            case Choice.ACCEPT:
                starts, ends = (_day(text) for text in (typed.starts, typed.ends))
                for name, text, found in (("from", typed.starts, starts), ("until", typed.ends, ends)):
                    if text and found is None:
                        problems.append((f"{name}-{part.id}", "decision.date"))
                chosen[part.id] = Accept(
                    role=typed.role or None,
                    starts_at=None if starts is None else datetime.combine(starts, time(), zone),
                    ends_at=None if ends is None else datetime.combine(ends + timedelta(days=1), time(), zone),
                )
            case Choice.REFUSE:
                if typed.code not in set(RefusalCode):
                    problems.append((f"code-{part.id}", "decision.reason-missing"))
                    continue
                code = RefusalCode(typed.code)
                words = typed.words or (gettext(WORDS[code]) if WORDS[code] else "")
                if not words:
                    problems.append((f"words-{part.id}", "decision.refusal-words-missing"))
                chosen[part.id] = Refuse(code=code, words=words)
            case Choice.ASK:
                wants_more = True
                if part.reason or part.name:
                    asked.append(reason_field(part.id))
            case _:
                pass
    if wants_more and not asked:
        problems.append(("ask", "decision.fields-missing"))
    if problems:
        return None, tuple(problems)
    return Decision(version=values.version, parts=chosen, ask_for=tuple(asked), words=values.words), ()


def _day(text: str) -> date | None:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if 2000 <= found.year < 2200 else None
