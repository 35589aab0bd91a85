"""Which addresses a page may lead to: ours, an application's on the web, an application's own scheme."""

import re
from urllib.parse import urlsplit

_DROPPED = re.compile(r"[\x00-\x20\x7f\\]")
"""What browsers leave out or turn over, which makes one address another."""


def local_path(address: str | None) -> str | None:
    """`address` when it is a path of this very site, else nothing: `//elsewhere` and `/\\elsewhere` are not."""
    if address is None or not address.startswith("/") or address[1:2] in ("/", "\\"):
        return None
    return address if _parts(address) is not None else None


def web_address(address: str | None) -> str:
    """`address` when a browser may safely be sent there by a link (http or https, with a host), else nothing."""
    parts = _parts(address or "")
    return address or "" if parts is not None and parts[0] in ("http", "https") and parts[1] else ""


def application_address(address: str | None) -> str:
    """`address` when an answer may be carried there: a web address, or an application's own scheme, else nothing.

    RFC 8252 7.1: a private-use scheme is a domain name reversed, so it holds a
    dot; `javascript:` and `data:` do not.
    """
    parts = _parts(address or "")
    return address or "" if parts is not None and (web_address(address) or "." in parts[0]) else ""


def _parts(address: str) -> tuple[str, str] | None:
    """The scheme and the host, or None: of an address that every browser reads as we do."""
    if _DROPPED.search(address):
        return None
    try:
        parts = urlsplit(address)
        return parts.scheme.lower(), parts.hostname or ""
    except ValueError:
        return None
