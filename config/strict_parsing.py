"""JSON and TOML from outside, read strictly: what two readers would understand differently, or that costs too much,
is refused.

RFC 8259 leaves open what a repeated name means (section 4), how large a number may be
(section 6) and what half a surrogate pair is (section 8.2); Python's parser takes NaN,
Infinity, numbers of any size, and as much nesting as its stack. I-JSON (RFC 7493)
closes this, and so does this module. Whatever reads JSON that we have not written
ourselves reads it here.
"""

import json
import math
import re
import tomllib
from typing import Any, Final

DEEPEST: Final = 32
MOST_DIGITS: Final = 19  # of a whole number: 2**63 has 19


# Possessive, and a string that does not end is one to the end: linear whatever is sent.
_STRINGS_AND_BRACKETS: Final = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[\[\]{}]', re.DOTALL)


class InvalidJson(ValueError):
    """This is not JSON that we read; the sentence repeats no value that was sent."""


class InvalidToml(ValueError):
    """This is not TOML that we read."""


def parse_json(text: str | bytes, *, deepest: int = DEEPEST) -> Any:
    """The value that `text` is, UTF-8 when it is octets.

    Raises:
        InvalidJson: it is not JSON, not I-JSON (RFC 7493), or nested more than `deepest` levels.
    """
    if isinstance(text, bytes):
        try:
            text = text.decode("utf-8")
        except UnicodeDecodeError:
            raise InvalidJson("it is not UTF-8") from None
    _refuse_depth(text, deepest)
    try:
        value = _decoder.decode(text)
    except json.JSONDecodeError as wrong:
        raise InvalidJson(f"it is not JSON: {wrong.msg}, line {wrong.lineno} column {wrong.colno}") from None
    if "\\u" in text or not text.isascii():
        _refuse_surrogates(value)
    return value


def parse_json_object(text: str | bytes, *, deepest: int = DEEPEST) -> dict[str, Any]:
    """The same, when it is an object.

    Raises:
        InvalidJson
    """
    value = parse_json(text, deepest=deepest)
    if not isinstance(value, dict):
        raise InvalidJson("it is not a JSON object")
    return value


def parse_toml(text: str) -> dict[str, Any]:
    """The table that `text` is.

    Raises:
        InvalidToml: it is not TOML, or nested too deeply.
    """
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as wrong:
        raise InvalidToml(str(wrong)) from None
    except RecursionError:
        raise InvalidToml("it is nested too deeply") from None
    except ValueError:  # a number of thousands of digits, a date that does not exist
        raise InvalidToml("it holds a number or a date that cannot be read") from None


def _refuse_depth(text: str, deepest: int) -> None:
    """Before it is parsed: the parser goes as deep as its stack, whose end is not always an exception."""
    if text.count("[") + text.count("{") <= deepest:
        return
    depth = 0
    for token in _STRINGS_AND_BRACKETS.findall(text):
        if token in ("[", "{"):
            depth += 1
            if depth > deepest:
                raise InvalidJson("it is nested too deeply")
        elif token in ("]", "}"):
            depth -= 1


def _refuse_surrogates(value: Any) -> None:
    """RFC 7493 section 2.1: a text that no UTF-8 can be made of would be a fault wherever it is next written."""
    match value:
        case str():
            if not value.isascii() and any("\ud800" <= character <= "\udfff" for character in value):
                raise InvalidJson("it holds half of a surrogate pair")
        case list():
            for item in value:
                _refuse_surrogates(item)
        case dict():
            for name, item in value.items():
                _refuse_surrogates(name)
                _refuse_surrogates(item)


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) != len(pairs):
        seen: set[str] = set()
        twice = next(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]
        raise InvalidJson(f"{twice[:40]!a} is there twice")
    return table


def _refused_constant(_name: str) -> Any:
    raise InvalidJson("NaN and Infinity are not JSON")


def _whole(digits: str) -> int:
    if len(digits.lstrip("-")) > MOST_DIGITS:
        raise InvalidJson("it holds a number of too many digits")
    return int(digits)


def _fraction(written: str) -> float:
    number = float(written) if len(written) <= 64 else math.inf
    if not math.isfinite(number):
        raise InvalidJson("it holds a number that is too large")
    return number


_decoder: Final = json.JSONDecoder(
    object_pairs_hook=_each_once, parse_constant=_refused_constant, parse_int=_whole, parse_float=_fraction
)
