"""Text of several words that people type: reasons, answers, notes. Nothing is kept of it that a reader cannot see.

A reader of such a text is misled by what is invisible (UAX #9: an override reverses what follows), and the identity
provider refuses it (`idp/api/fields.py`). It is left out and not refused: people paste it without knowing.
"""

import re
from typing import Final

from config.escaping import is_invisible

_LINE_ENDS: Final = re.compile("\r\n|[\n\r\v\f\x85\u2028\u2029]")


def one_line(text: str) -> str:
    """`text` in one line, with one space between words."""
    return " ".join(_visible(_LINE_ENDS.sub(" ", text)).split())


def lines(text: str) -> str:
    """`text` in lines that end with LF, without spaces around the whole."""
    return "\n".join(_visible(line) for line in _LINE_ENDS.split(text)).strip()


def _visible(text: str) -> str:
    return "".join([character for character in text.replace("\t", " ") if not is_invisible(character)])
