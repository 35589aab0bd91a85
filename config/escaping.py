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


def escaped_json(text: str) -> str:
    """JSON text that means the same and shows as it is: `\\u202e` within strings, and the line ends between them."""
    if text.isascii() and "\x7f" not in text:  # JSON has no other control character than line ends
        return text
    return "".join([_json_escape(character) if _is_unseen(character, "\n") else character for character in text])


def _is_unseen(character: str, keeping: str) -> bool:
    return character not in keeping and unicodedata.category(character) in _UNSEEN


_SHORT: Final = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def _escaped(character: str) -> str:
    if character in _SHORT:
        return _SHORT[character]
    code = ord(character)
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def _json_escape(character: str) -> str:
    """RFC 8259 section 7: UTF-16 code units in hexadecimal."""
    units = character.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[start : start + 4]}" for start in range(0, len(units), 4))
