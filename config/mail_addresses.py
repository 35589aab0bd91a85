"""E-mail addresses, alone and with a name before them."""

import re
import unicodedata
from typing import Final

# RFC 5321 section 4.1.2 without its quoted forms, and ASCII alone: what every mail server takes.
_ATOM: Final = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL: Final = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ADDRESS: Final = re.compile(rf"{_ATOM}(?:\.{_ATOM})*@(?:{_LABEL}\.)+[A-Za-z](?:[A-Za-z0-9-]{{0,61}}[A-Za-z0-9])")
LONGEST_ADDRESS: Final = 254  # RFC 5321 section 4.5.3.1.3, less its two angle brackets
LONGEST_LOCAL_PART: Final = 64  # section 4.5.3.1.1
LONGEST_NAME: Final = 100
NOT_OF_A_LINE: Final = ("Cc", "Cs", "Zl", "Zp")
"""Unicode: control characters, surrogates, line and paragraph separators."""


def is_address(text: str) -> bool:
    """Whether it is an address we can write to; one with accents, spaces or a line end is not."""
    return (
        len(text) <= LONGEST_ADDRESS
        and len(text.partition("@")[0]) <= LONGEST_LOCAL_PART
        and _ADDRESS.fullmatch(text) is not None
    )


def is_line(text: str) -> bool:
    """Whether it can stand in a header, on one line."""
    return not any(unicodedata.category(character) in NOT_OF_A_LINE for character in text)


def named_address(text: str) -> tuple[str, str] | None:
    """`Name <address>`, `"Name" <address>` or an address alone, as name and address; None when it is neither."""
    name, bracket, rest = text.strip(" ").rpartition("<")
    if not bracket:
        return ("", rest) if is_address(rest) else None
    name, address = name.strip(" "), rest.removesuffix(">")
    if len(name) >= 2 and name.startswith('"') and name.endswith('"'):
        name = name[1:-1]
    if rest == address or not is_address(address):
        return None
    return (name, address) if is_line(name) and len(name) <= LONGEST_NAME and not set('<>"\\') & set(name) else None
