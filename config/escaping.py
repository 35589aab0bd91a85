"""Text that a stranger chose, made safe to show on a terminal or in a journal.

A terminal obeys control characters (ECMA-48: colours, titles, the clipboard by
OSC 52) and turns text around at bidirectional overrides (UAX #9). All of them are
written as Python writes them in a literal: `\\x1b`, `\\u202e`.
"""

import unicodedata
from typing import Final

_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Unicode general categories: controls, formats, surrogates, private and unassigned, line and paragraph separators."""


def escaped(text: str, *, keeping: str = "") -> str:
    """`text` with every character that a terminal would obey, or not show, written out; `keeping` stay as they are."""
    if text.isascii() and text.isprintable():
        return text
    return "".join([_escaped(character) if _is_unseen(character, keeping) else character for character in text])


def escaped_within(text: str, longest: int) -> str:
    """The same of at most `longest` characters of `text`; three dots say that there were more."""
    return escaped(text) if len(text) <= longest else escaped(text[:longest]) + "..."


def _is_unseen(character: str, keeping: str) -> bool:
    return character not in keeping and unicodedata.category(character) in _UNSEEN


def _escaped(character: str) -> str:
    code = ord(character)
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
