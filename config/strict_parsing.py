"""Parses JSON and TOML from strangers strictly: refuses what parsers read differently, and what costs too much.

RFC 8259 does not define the meaning of a repeated name (section 4), the largest number (section 6) or half of a
surrogate pair (section 8.2). Python's parser accepts NaN, Infinity, numbers of any size, and nesting up to its stack.
I-JSON (RFC 7493) refuses these, and so does this module. All JSON that we have not written ourselves must be parsed
here.
"""

import json
import math
import re
import tomllib
from typing import Any, Final

DEEPEST: Final = 32
MOST_DIGITS: Final = 19  # of a whole number: 2**63 has 19


# Possessive, and an unterminated string extends to the end: the time is linear for any input.
_STRINGS_AND_BRACKETS: Final = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[\[\]{}]', re.DOTALL)


class InvalidJson(ValueError):
    """The text is not JSON, or not accepted here. The message repeats no value."""


class InvalidToml(ValueError):
    """The text is not TOML, or not accepted here."""


def parse_json(text: str | bytes, *, deepest: int = DEEPEST) -> Any:
    """The value of a JSON text; octets must be UTF-8.

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
    if "\\" in text or not text.isascii():  # a search for one character costs a hundredth of one for two
        _refuse_surrogates(value)
    return value


def parse_json_object(text: str | bytes, *, deepest: int = DEEPEST) -> dict[str, Any]:
    """The value of a JSON text that must be an object.

    Raises:
        InvalidJson: as `parse_json`, or it is not an object.
    """
    value = parse_json(text, deepest=deepest)
    if not isinstance(value, dict):
        raise InvalidJson("it is not a JSON object")
    return value


def parse_toml(text: str) -> dict[str, Any]:
    """The table of a TOML text.

    Raises:
        InvalidToml: it is not TOML, or nested too deeply.
    """
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as wrong:
        raise InvalidToml(str(wrong)) from None
    except RecursionError:
        raise InvalidToml("it is nested too deeply") from None
    except ValueError:  # a number with thousands of digits, or an impossible date
        raise InvalidToml("it contains an invalid number or date") from None


def _refuse_depth(text: str, deepest: int) -> None:
    """Check the depth before parsing: exhausting the parser's stack does not always raise an exception."""
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
    """RFC 7493 section 2.1: half of a surrogate pair cannot be encoded in UTF-8, and would fail later."""
    match value:
        case str():
            if not value.isascii() and any("\ud800" <= character <= "\udfff" for character in value):
                raise InvalidJson("it contains half of a surrogate pair")
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
        raise InvalidJson(f"the name {twice[:40]!a} is repeated")
    return table


def _refused_constant(_name: str) -> Any:
    raise InvalidJson("NaN and Infinity are not JSON")


def _integer(digits: str) -> int:
    if len(digits.lstrip("-")) > MOST_DIGITS:
        raise InvalidJson("it contains a number with too many digits")
    return int(digits)


def _fraction(text: str) -> float:
    number = float(text) if len(text) <= 64 else math.inf
    if not math.isfinite(number):
        raise InvalidJson("it contains a number that is too large")
    return number


_decoder: Final = json.JSONDecoder(
    object_pairs_hook=_each_once, parse_constant=_refused_constant, parse_int=_integer, parse_float=_fraction
)
