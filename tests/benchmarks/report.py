"""What was measured, line by line, and whether it is within its bound."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One thing measured.

    `bound` is what must not be passed, None for what is only told; `aim` is what we would like and have not reached.
    """

    what: str
    measured: float
    bound: float | None
    unit: str
    detail: str
    aim: float | None = None

    @property
    def passes(self) -> bool:
        return self.bound is None or self.measured <= self.bound


def table(verdicts: Sequence[Verdict]) -> str:
    """One line a verdict, ratios first."""
    lines = [
        (
            verdict.what,
            _number(verdict.measured, verdict.unit),
            _limits(verdict),
            _outcome(verdict),
            verdict.detail,
        )
        for verdict in verdicts
    ]
    widths = [max(len(line[column]) for line in lines) for column in range(4)]
    return "\n".join(
        f"{what:{widths[0]}}  {measured:>{widths[1]}}  {bound:>{widths[2]}}  {passed:{widths[3]}}  {detail}"
        for what, measured, bound, passed, detail in lines
    )


def _outcome(verdict: Verdict) -> str:
    """An aim that was missed is said, even where the bound holds."""
    if verdict.bound is None and verdict.aim is None:
        return ""
    if not verdict.passes:
        return "FAILED"
    return "ok" if verdict.aim is None or verdict.measured <= verdict.aim else "AIM MISSED"


def _limits(verdict: Verdict) -> str:
    bound = "" if verdict.bound is None else f"<= {_number(verdict.bound, verdict.unit)}"
    return bound if verdict.aim is None else f"{bound} (aim {_number(verdict.aim, verdict.unit)})"


def _number(value: float, unit: str) -> str:
    return f"{value:.2f} x" if unit == "x" else f"{value:.1f} {unit}" if unit == "s" else f"{value:.0f} {unit}"
