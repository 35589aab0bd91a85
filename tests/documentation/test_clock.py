"""No test reads the clock when it is collected: it may run half an hour later, and the present be the past.

A value of `parametrize`, a constant of a module and a default of an argument are made when the
tests are collected. Of these, a time is written out, or said as so long ago, and read in the test.

No day is moved by years or months, in tests or elsewhere: 29 February and the 31st have no day to go to.
"""

import ast
from collections.abc import Iterator

import pytest

from tests.installation import TREE

READERS = {"now", "utcnow", "today", "time", "time_ns", "monotonic", "instant", "in_days"}
"""Of the standard library, and those of ours: tests/actors/service_provider.py, tests/builders/metadata.py."""


def evaluated_at_import(node: ast.AST) -> Iterator[ast.Call]:
    """The calls in `node` but those in the body of a function."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        inside = [*node.decorator_list, node.args]
    elif isinstance(node, ast.Lambda):
        inside = [node.args]
    else:
        inside = list(ast.iter_child_nodes(node))
    if isinstance(node, ast.Call):
        yield node
    for child in inside:
        yield from evaluated_at_import(child)


def clock_readings(source: str) -> list[str]:
    calls = evaluated_at_import(ast.parse(source))
    return [f"line {call.lineno}: {ast.unparse(call)}" for call in calls if _name(call.func) in READERS]


def _name(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


@pytest.mark.parametrize("folder", sorted(path.name for path in (TREE / "tests").iterdir() if path.is_dir()))
def test_no_test_reads_the_clock_when_it_is_collected(folder):
    read = {
        str(file.relative_to(TREE)): readings
        for file in (TREE / "tests" / folder).rglob("*.py")
        if (readings := clock_readings(file.read_text(encoding="utf-8")))
    }
    assert read == {}


def test_what_runs_later_may():
    assert clock_readings("NOW = datetime.now(UTC)") == ["line 1: datetime.now(UTC)"]
    assert clock_readings("@parametrize('at', [instant(minutes=-10)])\ndef test(): pass")
    assert clock_readings("def f(at=time.time()): pass")
    assert clock_readings("class Row:\n    at = field(default=date.today())")
    assert clock_readings("def test(): return time.time()\nlater = lambda: time.time()") == []


def moved_days(source: str) -> list[str]:
    """The calls of `replace` that change the year or the month of what has both."""
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    return [
        f"line {call.lineno}: {ast.unparse(call)}"
        for call in calls
        if isinstance(call.func, ast.Attribute)
        and call.func.attr == "replace"
        and {"year", "month"} & {keyword.arg for keyword in call.keywords}
    ]


@pytest.mark.parametrize("folder", ["card_bridge", "config", "enrollment", "idp", "relying_parties", "tests"])
def test_no_day_is_moved_by_years_or_months(folder):
    sources = {file: file.read_text(encoding="utf-8") for file in (TREE / folder).rglob("*.py")}
    moved = {str(file.relative_to(TREE)): moved_days(text) for file, text in sources.items() if ".replace(" in text}
    assert {file: found for file, found in moved.items() if found} == {}


def test_a_day_that_is_moved_is_found():
    assert moved_days("now.replace(year=2025)") == ["line 1: now.replace(year=2025)"]
    assert moved_days("now.replace(hour=0, tzinfo=UTC)") == []
