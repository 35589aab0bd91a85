"""Escapes text from strangers for terminals and journals.

A terminal obeys control characters (ECMA-48: colours, titles, the clipboard by OSC 52) and reorders text at
bidirectional overrides (UAX #9). They are escaped as in a Python literal: `\\x1b`, `\\u202e`.
"""

import unicodedata
from typing import Final

_INVISIBLE: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Unicode general categories: controls, formats, surrogates, private and unassigned, line and paragraph separators."""


def is_invisible(character: str, *, keeping: str = "") -> bool:
    """Whether a reader does not see this character; those in `keeping` count as seen."""
    return character not in keeping and unicodedata.category(character) in _INVISIBLE


def escaped(text: str, *, keeping: str = "") -> str:
    """`text` with each character escaped that a terminal would obey or hide, except those in `keeping`."""
    if text.isascii() and text.isprintable():
        return text
    return "".join([_escaped(each) if is_invisible(each, keeping=keeping) else each for each in text])


def escaped_within(text: str, longest: int) -> str:
    """The first `longest` characters of `text`, escaped; three dots show that there are more."""
    return escaped(text) if len(text) <= longest else escaped(text[:longest]) + "..."


def escaped_json(text: str) -> str:
    """Equivalent JSON text with invisible characters escaped (`\\u202e`); its line ends stay."""
    if text.isascii() and "\x7f" not in text:  # JSON has no control character other than line ends
        return text
    return "".join([_json_escape(each) if is_invisible(each, keeping="\n") else each for each in text])


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
