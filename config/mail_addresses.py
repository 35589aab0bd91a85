"""Checks and parses e-mail addresses, with or without a display name."""

import re
import unicodedata
from typing import Final

# RFC 5321 section 4.1.2 without quoted forms, and ASCII only: every mail server accepts these.
_ATOM: Final = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL: Final = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ADDRESS: Final = re.compile(rf"{_ATOM}(?:\.{_ATOM})*@(?:{_LABEL}\.)+[A-Za-z](?:[A-Za-z0-9-]{{0,61}}[A-Za-z0-9])")
LONGEST_ADDRESS: Final = 254  # RFC 5321 section 4.5.3.1.3, without the angle brackets
LONGEST_LOCAL_PART: Final = 64  # section 4.5.3.1.1
LONGEST_NAME: Final = 100
_NOT_IN_A_LINE: Final = ("Cc", "Cs", "Zl", "Zp")
"""Unicode categories: control characters, surrogates, line and paragraph separators."""


def is_address(text: str) -> bool:
    """Whether `text` is an address that every mail server accepts: no accents, spaces or line ends."""
    return (
        len(text) <= LONGEST_ADDRESS
        and len(text.partition("@")[0]) <= LONGEST_LOCAL_PART
        and _ADDRESS.fullmatch(text) is not None
    )


def mailbox_of(address: str) -> str:
    """The mailbox of an address: many servers deliver `zoe+1@...` and `zoe+2@...` to one (RFC 5233)."""
    local_part, _, domain = address.lower().rpartition("@")
    return f"{local_part.partition('+')[0] or local_part}@{domain}"


def is_line(text: str) -> bool:
    """Whether `text` can be the value of a header: one line, without control characters."""
    return not any(unicodedata.category(character) in _NOT_IN_A_LINE for character in text)


def named_address(text: str) -> tuple[str, str] | None:
    """The name and the address in `Name <address>`, `"Name" <address>` or `address`; None when it is invalid."""
    name, bracket, rest = text.strip(" ").rpartition("<")
    if not bracket:
        return ("", rest) if is_address(rest) else None
    name, address = name.strip(" "), rest.removesuffix(">")
    if len(name) >= 2 and name.startswith('"') and name.endswith('"'):
        name = name[1:-1]
    if rest == address or not is_address(address):
        return None
    return (name, address) if is_line(name) and len(name) <= LONGEST_NAME and not set('<>"\\') & set(name) else None
