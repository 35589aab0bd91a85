"""Checks of the value of one setting. Each returns what is wrong with the value, or None.

Settings that contradict each other are found by `contradictions` of a table, and those that this machine cannot satisfy
by `start_checks.py`. Messages do not repeat a value, because it may be a secret.
"""

import re
from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import Final
from urllib.parse import SplitResult, urlsplit
from zoneinfo import available_timezones

from config.logos import logo_in
from config.mail_addresses import named_address
from config.network import host_and_port

LONGEST_LINE: Final = 200
LONGEST_TIME: Final = timedelta(days=36_500)
LARGEST: Final = 1_000_000_000

WIDEST_IPV4: Final = 8
WIDEST_IPV6: Final = 32
_UNIQUE_LOCAL: Final = ip_network("fc00::/7")  # RFC 4193
_MAPPED: Final = ip_network("::ffff:0:0/96")  # RFC 4291 section 2.5.5.2

_LABEL: Final = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_HOST_NAME: Final = re.compile(rf"{_LABEL}(?:\.{_LABEL})*\.?")
LONGEST_HOST_NAME: Final = 253


def positive(value: int) -> str | None:
    return None if 0 < value <= LARGEST else f"must be from 1 to {LARGEST}"


def a_few(value: int) -> str | None:
    """A number of processes or threads that one machine can run."""
    return None if 0 < value <= 1_000 else "must be from 1 to 1000"


def port(value: int) -> str | None:
    return None if 0 < value < 65_536 else "must be a port, from 1 to 65535"


def ports(value: tuple[int, ...]) -> str | None:
    """Some ports that a program of a person may listen on."""
    if (
        not value
        or len(set(value)) != len(value)
        or len(value) > 64
        or not all(1_024 <= port < 65_536 for port in value)
    ):
        return "must be 1 to 64 different ports, from 1024 to 65535"
    return None


def port_or_none(value: int) -> str | None:
    return None if 0 <= value < 65_536 else "must be a port, from 1 to 65535, or 0 for none"


def not_negative(value: int) -> str | None:
    return None if 0 <= value <= LARGEST else f"must be from 0 to {LARGEST}"


def positive_duration(value: timedelta) -> str | None:
    return not_endless(value) if value > timedelta(0) else "must be longer than 0"


def not_endless(value: timedelta) -> str | None:
    return None if value <= LONGEST_TIME else f"must be at most {LONGEST_TIME.days} d"


def line(value: str) -> str | None:
    """A text on one line, for a page or an e-mail."""
    if not value.isprintable() and not value.replace("\xa0", " ").replace("\u202f", " ").isprintable():
        return "must be one line without control characters"
    return None if len(value) <= LONGEST_LINE else f"must be at most {LONGEST_LINE} characters long"


def secret(value: str) -> str | None:
    return None if value.isprintable() else "must be one line without control characters"


def level(value: str) -> str | None:
    levels = ("DEBUG", "INFO", "WARNING", "ERROR")
    return None if value in levels else f"must be one of {', '.join(levels)}"


def time_zone(value: str) -> str | None:
    return None if value in available_timezones() else "is not a time zone that this machine knows"


def host(value: str) -> str | None:
    """A server's name or address, without a port."""
    return None if is_host(value) else "must be a host name or an IP address, without a port"


def addresses(value: tuple[str, ...]) -> str | None:
    for address in value:
        try:
            name, _ = host_and_port(address)
        except ValueError:
            name = ""
        if not is_host(name):
            return "must be addresses such as redis.example:26379 or [2001:db8::1]:26379"
    return None


def networks(value: tuple[str, ...]) -> str | None:
    for network in value:
        try:
            ip_network(network)
        except ValueError:
            return f"{network!r} is not an address or a network such as 10.0.0.0/8"
    return None


def is_too_wide(network: str) -> bool:
    """Whether a network is so large that it contains machines of strangers: IPv4 below /8, public IPv6 below /32."""
    found = ip_network(network)
    if isinstance(found, IPv4Network):
        return found.prefixlen < WIDEST_IPV4
    if found.overlaps(_MAPPED):  # IPv4 as IPv6 sockets see it
        return found.prefixlen < _MAPPED.prefixlen + WIDEST_IPV4
    return found.prefixlen < WIDEST_IPV6 and not _is_unique_local(found)


def web_address(value: str) -> str | None:
    parts = split_address(value)
    if value and (parts is None or parts.scheme not in ("http", "https") or not is_host(parts.hostname or "")):
        return "must be a web address such as https://aide.example/compte"
    return None


def email(value: str) -> str | None:
    parsed = named_address(value) if value else ("", "")
    return None if parsed is not None and not parsed[0] else "must be an e-mail address such as aide@exemple.test"


def sender(value: str) -> str | None:
    if value and named_address(value) is None:
        return "must be an e-mail address, alone or as 'Name <address@exemple.test>'"
    return None


def origin(value: str) -> str | None:
    """A service's public address (RFC 6454 section 6.1): scheme, host and port, without a path."""
    parts = split_address(value)
    if parts is None or parts.scheme not in ("http", "https") or not is_host(parts.hostname or ""):
        return "must be an https address"
    if parts.query or parts.fragment or parts.path or "@" in parts.netloc or value.endswith(("?", "#")):
        return "must be an origin only, such as https://id.example, without a path or a final slash"
    if value != value.lower():
        return "must be in lower case, as browsers write it"
    return None


def logo(value: Path) -> str | None:
    if value == Path():
        return None
    try:
        logo_in(value)
    except ValueError as wrong:
        return str(wrong)
    return None


def database_url(value: str) -> str | None:
    from sqlalchemy import make_url  # imported here for processes that do not use the database
    from sqlalchemy.exc import ArgumentError

    example = "must be such as postgresql+psycopg://user:password@host/name"
    if not value:
        return None
    percent = f"{example}; special characters in a password are escaped, such as %40 for @"
    try:
        url = make_url(value)
    except (ArgumentError, ValueError):  # ValueError for a port that is not a number
        return percent
    if url.drivername != "postgresql+psycopg":
        return f"{example}; if it is empty, SQLite in data_folder is used"
    if not url.database:
        return f"{example}: the name of the database is missing"
    hosts = url.host.split(",") if url.host else []
    return percent if set("/@") & set(url.database) or not all(map(is_host, hosts)) else None


def redis_url(value: str) -> str | None:
    example = "must be such as redis://host:6379/0, rediss://user:password@host or unix:///run/redis/redis.sock"
    if not value:
        return None
    parts = split_address(value)
    if parts is None or parts.scheme not in ("redis", "rediss", "unix"):
        return example
    if parts.scheme == "unix":
        return None if len(parts.path) > 1 else example
    if parts.hostname is None or not is_host(parts.hostname):
        return f"{example}: the host is missing or invalid"
    return None if re.fullmatch(r"(?:/(?:[0-9]{1,4})?)?", parts.path) else f"{example}: a database is a number"


def is_host(value: str) -> bool:
    """Whether `value` is a host name or an IP address (IPv6 without brackets)."""
    try:
        ip_address(value.partition("%")[0])
    except ValueError:
        return len(value) <= LONGEST_HOST_NAME and _HOST_NAME.fullmatch(value) is not None
    return True


def is_loopback(name: str) -> bool:
    """Whether `name`, a host name or an IP address, always means this machine (RFC 6761 section 6.3)."""
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False


def _is_unique_local(network: IPv6Network) -> bool:
    return isinstance(_UNIQUE_LOCAL, IPv6Network) and network.subnet_of(_UNIQUE_LOCAL)


def split_address(value: str) -> SplitResult | None:
    """The parts of an address, or None when it is invalid. Its port is checked too, which urllib does late."""
    try:
        parts = urlsplit(value)
        return parts if value.isprintable() and " " not in value and parts.port != 0 else None
    except ValueError:
        return None
