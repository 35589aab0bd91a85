"""Escapes text from strangers for terminals and journals.

A terminal obeys control characters (ECMA-48: colours, titles, the clipboard by OSC 52) and reorders text at
bidirectional overrides (UAX #9). They are escaped as in a Python literal: `\\x1b`, `\\u202e`.
"""

import unicodedata
from typing import Final

_INVISIBLE: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Unicode general categories: controls, formats, surrogates, private and unassigned, line and paragraph separators."""
_BLANK: Final = frozenset(
    "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0"
    + "".join(map(chr, (*range(0xFE00, 0xFE0E), *range(0xE0100, 0xE01F0))))
)
"""Letters, marks and symbols that show nothing: the rest of Default_Ignorable_Code_Point (UAX #44), and the blank
braille pattern. Hangul fillers look like spaces, and variation selectors can carry a hidden text; of these the last two
of the first block stay, which say how an emoji is shown."""


def is_invisible(character: str, *, keeping: str = "") -> bool:
    """Whether a reader does not see this character; those in `keeping` count as seen."""
    is_shown = unicodedata.category(character) not in _INVISIBLE and character not in _BLANK
    return not is_shown and character not in keeping


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
