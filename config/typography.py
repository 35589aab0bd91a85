"""Typography: no-break spaces and typographic apostrophes.

Messages have plain spaces and straight apostrophes in the sources, where they can be read and searched. A catalogue
typesets a message when it is first used. Tags and placeholders do not change.
"""

import re

NARROW = "\N{NARROW NO-BREAK SPACE}"
NO_BREAK = "\N{NO-BREAK SPACE}"

_TAG = re.compile(r"(<[^<>]*>)")
_BEFORE_SIGN = re.compile(r" ([;:!?])(?=\s|$)")
_THOUSANDS = re.compile(r"(?<=\d) (?=\d{3}(?!\d))")
_OPENING, _CLOSING = re.compile(r"« "), re.compile(r" »")


def set_in_french(message: str) -> str:
    """Narrow no-break spaces before ; : ! ? and between thousands, no-break spaces inside « »."""
    return "".join(part if part.startswith("<") else _french(part) for part in _TAG.split(message))


def set_in_english(message: str) -> str:
    return "".join(part if part.startswith("<") else _apostrophes(part) for part in _TAG.split(message))


def unbroken(text: str) -> str:
    """A telephone number or a duration that must stay on one line."""
    return text.replace(" ", NO_BREAK)


def _french(text: str) -> str:
    text = _THOUSANDS.sub(NARROW, _BEFORE_SIGN.sub(NARROW + r"\1", text))
    text = _CLOSING.sub(f"{NO_BREAK}»", _OPENING.sub(f"«{NO_BREAK}", text))
    return _apostrophes(text)


def _apostrophes(text: str) -> str:
    return text.replace("'", "’")
