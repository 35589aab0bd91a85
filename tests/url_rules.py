"""URL rules compiled once a run: compiling them is most of what making an application for one test costs."""

from collections.abc import Callable
from typing import Any

from werkzeug.routing import Rule

Build = Callable[..., tuple[str, str]]


def compile_rules_once() -> None:
    """Have every application made from now on share the functions that build addresses.

    Such a function is made of the parts of its rule alone, and is given the rule when it is called; one with defaults
    has them in its code, and is left out.
    """
    compiled: dict[tuple[Any, ...], Build] = {}
    compile_anew: Callable[[Rule, bool], Build] = Rule._compile_builder

    def compile_builder(rule: Rule, append_unknown: bool = True) -> Build:
        if rule.defaults:
            return compile_anew(rule, append_unknown)
        parts = (rule.rule, append_unknown, *rule._trace)
        if parts not in compiled:
            compiled[parts] = compile_anew(rule, append_unknown)
        return compiled[parts]

    Rule._compile_builder = compile_builder  # type: ignore[method-assign]
