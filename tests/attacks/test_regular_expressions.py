"""Prevents: a few kilobytes that keep a worker busy by a regular expression (CWE-1333).

Each pattern of ours is tried with what is worst for it: its own literals and one
character of each of its classes, repeated alone, in pairs and in threes, with an end that does
not match. Patterns are found in the source, so that a new one is tried as well.
"""

import ast
import importlib
import itertools
import json
import logging
import re
import re._constants as op
import re._parser as parser
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import pytest

from config.logging_setup import LONGEST, JsonLine, bounded, redact
from config.logos import LARGEST_LOGO, LogoType, logo_fault
from idp.journal_rules import JOURNAL_RULES

ROOT = Path(__file__).parents[2]
LENGTH = 4_000  # characters: half of what we take of an address, a form field, a header
CHEAP = 0.004  # seconds; what is not linear takes ten times that
NO_MATCH = "\x01"

MADE_OF_OTHERS = {
    "relying_parties/registration/sibling_files.py": "suffixes of files; is_file_name bounds the rest to 96 characters",
    "idp/accounts/passwords/policies.py": "the words of our list, joined by |",
    "idp/saml/pysaml2/response/template.py": "a numbered place in a pattern that we have made",
}
"""Where a pattern is put together of other texts when it is needed, and of which."""


def sources() -> Iterator[tuple[str, ast.Module]]:
    """`relying_parties/samples` are other people's applications; a migration reads what we have written."""
    for package in ("config", "idp", "relying_parties", "enrollment", "card_bridge"):
        for file in sorted((ROOT / package).rglob("*.py")):
            name = str(file.relative_to(ROOT))
            if not name.startswith(("relying_parties/samples/", "idp/migrations/")):
                yield name, ast.parse(file.read_text(encoding="utf-8"))


def calls_of_re(tree: ast.Module) -> list[ast.Call]:
    return [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "re"
        and node.func.attr in {"compile", "match", "search", "fullmatch", "sub", "split", "findall", "finditer"}
    ]


def within(value: Any) -> Iterator[re.Pattern[Any]]:
    if isinstance(value, re.Pattern):
        yield value
    elif isinstance(value, tuple | list):
        for item in value:
            yield from within(item)


def is_searched(pattern_name: str, trees: list[ast.Module]) -> bool:
    """Whether a pattern of that name is looked for anywhere in a text; else it is only tried at its beginning."""
    used = {
        node.func.attr
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == pattern_name
    }
    return not used or not used <= {"match", "fullmatch"}


@dataclass(frozen=True)
class Found:
    """A pattern of ours, and how it is used."""

    where: str
    pattern: re.Pattern[Any]
    is_searched: bool

    def try_on(self, text: str) -> None:
        sent = text.encode("utf-8", "replace") if isinstance(self.pattern.pattern, bytes) else text
        self.pattern.fullmatch(sent)
        self.pattern.match(sent)
        if self.is_searched:
            deque(self.pattern.finditer(sent), maxlen=0)  # as `search` and `sub` go on


def found() -> Iterator[Found]:
    """Every pattern of ours: those that modules keep, and those written where they are used."""
    every = dict(sources())
    for name, tree in every.items():
        calls = calls_of_re(tree)
        if not calls:
            continue
        module = importlib.import_module(name.removesuffix(".py").replace("/", "."))
        for variable, value in vars(module).items():
            trees = [tree] if variable.startswith("_") else list(every.values())
            for pattern in within(value):
                yield Found(name, pattern, is_searched(variable, trees))
        for call in calls:
            if call.func.attr != "compile" and isinstance(call.args[0], ast.Constant):
                is_anywhere = call.func.attr not in {"match", "fullmatch"}
                yield Found(name, re.compile(call.args[0].value), is_anywhere)


PATTERNS = list(found())


def test_every_pattern_is_found():
    """One that is put together inside a function cannot be found as it is used: it is bounded, and listed above."""
    dynamic = {}
    for name, tree in sources():
        inside = {
            id(node)
            for function in ast.walk(tree)
            if isinstance(function, ast.FunctionDef)
            for node in ast.walk(function)
        }
        for call in calls_of_re(tree):
            if id(call) in inside and not isinstance(call.args[0], ast.Constant):
                dynamic[name] = call.lineno
    assert sorted(dynamic) == sorted(MADE_OF_OTHERS)
    assert len(PATTERNS) > 60


def tokens(pattern: re.Pattern[Any]) -> list[str]:
    """The literals of `pattern`, and a character of each of its classes."""
    literals: set[str] = set()

    def one_of(members: Any) -> str:
        for kind, value in members:
            match kind:
                case op.LITERAL:
                    return chr(value)
                case op.RANGE:
                    return chr(value[0])
                case op.CATEGORY:
                    return {op.CATEGORY_DIGIT: "1", op.CATEGORY_SPACE: " ", op.CATEGORY_WORD: "a"}.get(value, "!")
        return "x"

    def walk(tree: Any) -> None:
        run = ""
        for kind, value in tree:
            if kind is op.LITERAL:
                run += chr(value)
                continue
            literals.add(run)
            run = ""
            match kind:
                case op.IN:
                    literals.update(chr(each) for member, each in value if member is op.LITERAL)
                    literals.add(one_of(value))
                case op.ANY | op.NOT_LITERAL:
                    literals.add("x")
                case op.MAX_REPEAT | op.MIN_REPEAT | op.POSSESSIVE_REPEAT:
                    walk(value[2])
                case op.SUBPATTERN:
                    walk(value[3])
                case op.ATOMIC_GROUP:
                    walk(value)
                case op.BRANCH:
                    for branch in value[1]:
                        walk(branch)
                case op.ASSERT | op.ASSERT_NOT:
                    walk(value[1])
        literals.add(run)

    walk(parser.parse(pattern.pattern, pattern.flags))
    return sorted(literals - {""})


def worst_cases(words: list[str], *, most: int = 60) -> Iterator[tuple[str, str]]:
    """What may stand before, and what is repeated."""
    random = Random(1)  # noqa: S311 - the same at each run
    pumps = [*words, *("".join(pair) for pair in itertools.permutations(words, 2))]
    pumps += ["".join(random.choices(words, k=3)) for _ in range(most // 4)]
    if len(pumps) > most:
        pumps = pumps[: len(words)] + random.sample(pumps[len(words) :], max(most - len(words), 0))
    for pump in pumps:
        for before in random.sample(words, min(len(words), 8)) if pump in words else ("", random.choice(words)):
            yield before, pump


def seconds(work: Callable[[], object], *, tries: int = 3) -> float:
    """Of CPU, the least of a few tries: what others do on this machine only adds."""
    least = float("inf")
    for _ in range(tries):
        began = time.process_time()
        work()
        least = min(least, time.process_time() - began)
        if least < CHEAP:
            break
    return least


def assert_linear(work: Callable[[str], object], before: str, pump: str, described: str) -> None:
    """Twice the length takes twice the time, not four times."""

    def text(length: int) -> str:
        return before + (pump * (length // len(pump) + 1))[:length] + NO_MATCH

    if seconds(lambda: work(text(LENGTH)), tries=2) < CHEAP:
        return
    once, twice, four_times = (seconds(lambda n=n: work(text(n * LENGTH)), tries=5) for n in (1, 2, 4))
    assert four_times < 8 * max(once, CHEAP / 4), (
        f"{described}: {pump!r} after {before!r}: {once * 1e3:.1f}, {twice * 1e3:.1f}, {four_times * 1e3:.1f} ms"
    )


@pytest.mark.slow
@pytest.mark.parametrize("ours", PATTERNS, ids=lambda ours: f"{ours.where}:{ascii(ours.pattern.pattern)[:30]}")
def test_a_pattern_takes_time_in_proportion_to_what_is_sent(ours):
    for before, pump in worst_cases(tokens(ours.pattern) or ["x"]):
        assert_linear(ours.try_on, before, pump, ours.where)


SECRETS = [
    "__Host-", "__Secure-",
    "-", "_", "eyJ", ".", "token", "sid", "=", ":", " ", "'", '"', "\\", "[", "]", "bearer", "basic",
    "cookie", "/login/", "/password/choose/", "[parameters: ", "-----BEGIN PRIVATE KEY-----", "code '", "a://", "@",
    "x", "\n", "'d':", "'token':[", "\"token\":'", "__Host-a", "b'", "&", ";", ",",
]  # fmt: skip


def redacted(text: str) -> str:
    return redact(text, JOURNAL_RULES.redactions)


@pytest.mark.slow
def test_replacing_secrets_takes_time_in_proportion():
    """All patterns together, one after another on what those before have left."""
    for before, pump in worst_cases(SECRETS, most=400):
        assert_linear(redacted, before, pump, "redact")


def test_what_took_fifty_milliseconds_takes_a_few():
    """8 kB of `__Host-__Host-...` in an address that is logged."""
    for pump in ("__Host-", "__Secure-", "-eyJ", "eyJ-", "'token':["):
        sent = pump * (8_000 // len(pump))
        assert seconds(lambda sent=sent: redacted(sent), tries=5) < 0.02, pump
        assert seconds(lambda sent=sent: bounded(sent, JOURNAL_RULES.redactions), tries=5) < 0.008, pump


def test_a_pattern_that_is_not_linear_is_noticed():
    def work(text: str) -> None:
        re.compile(r"(__Host-[\w-]+=)[^\s;,'\"]+").sub("", text)

    with pytest.raises(AssertionError, match="__Host-"):
        assert_linear(work, "", "__Host-", "as it was")


# --- what is logged of a request -----------------------------------------------------------


def line_of(message: str, *arguments: object, error: Exception | None = None, **fields: object) -> str:
    record = logging.LogRecord("poterne", logging.WARNING, "", 0, message, arguments, None)
    vars(record).update(fields)
    if error is not None:
        record.exc_info = (type(error), error, error.__traceback__)
    return JsonLine(JOURNAL_RULES).format(record)


def test_what_is_logged_of_a_request_is_bounded():
    long = "x" * 100_000
    said = json.loads(
        line_of("refused %s", long, received=long, several=[long] * 1000, table={long: long}, error=ValueError(long))
    )
    assert said["message"].startswith("refused xxx")
    for text in (said["message"], said["received"], *said["several"], *said["table"], *said["table"].values()):
        assert len(text) == LONGEST + 3
    assert len(said["several"]) == 50
    assert len(said["trace"]) < 1_000


def test_many_lines_of_a_trace_are_bounded():
    said = json.loads(line_of("failed", error=ValueError("y\n" * 50_000)))
    assert len(said["trace"]) < 10_000
    assert said["trace"].endswith("...")


def test_a_secret_at_the_edge_of_what_is_shown_is_struck_out():
    for start in (*range(440, 520), *range(1_960, 2_010)):
        for secret in ('client_secret="hushhushhush"', "Bearer hushhushhush", "__Host-idp-session=hushhushhush"):
            shown = bounded("-" * (start - 1) + " " + secret + "-" * 100)
            assert "hush" not in shown, (start, secret, shown[-60:])


def test_an_hostile_logo_is_refused_at_once():
    size = LARGEST_LOGO - 200
    for inside in ("rotate(1)" + " " * size, "rotate(" * (size // 7), "rotate()," * (size // 9), "url(" + " " * size):
        logo = f'<svg xmlns="http://www.w3.org/2000/svg"><g transform="{inside}x"/></svg>'.encode()
        assert "transform" in (logo_fault(LogoType.SVG, logo) or "")
        assert seconds(lambda logo=logo: logo_fault(LogoType.SVG, logo), tries=5) < 0.1
