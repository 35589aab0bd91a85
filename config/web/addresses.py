"""The addresses that a page may lead to: our own paths, web addresses, and the private-use schemes of applications."""

import re
from urllib.parse import urlsplit

_DROPPED = re.compile(r"[\x00-\x20\x7f\\]")
"""Characters that browsers drop or replace, so that they would read another address than we do."""


def local_path(address: str | None) -> str | None:
    """`address` if it is a path of this site, otherwise None; `//elsewhere` and `/\\elsewhere` are not paths."""
    if address is None or not address.startswith("/") or address[1:2] in ("/", "\\"):
        return None
    return address if _parts(address) is not None else None


def web_address(address: str | None) -> str:
    """`address` if a link may lead to it (http or https, with a host), otherwise an empty string."""
    parts = _parts(address or "")
    return address or "" if parts is not None and parts[0] in ("http", "https") and parts[1] else ""


def application_address(address: str | None) -> str:
    """`address` if an answer may be sent to it: a web address or a private-use scheme; otherwise an empty string.

    RFC 8252 section 7.1: a private-use scheme is a reversed domain name, so it contains a dot; `javascript:` and
    `data:` do not.
    """
    parts = _parts(address or "")
    return address or "" if parts is not None and (web_address(address) or "." in parts[0]) else ""


def _parts(address: str) -> tuple[str, str] | None:
    """The scheme and the host; None for an address that a browser might read in another way."""
    if _DROPPED.search(address):
        return None
    try:
        parts = urlsplit(address)
        return parts.scheme.lower(), parts.hostname or ""
    except ValueError:
        return None
