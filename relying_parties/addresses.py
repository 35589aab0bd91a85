"""Which addresses an application may register.

RFC 9700 section 2.1 requires exact comparison of redirection addresses. A registered address must therefore be a fixed
text that every program reads the same way. This module refuses an address that two programs could read differently, or
that could send a person or a code to another host.
"""

import re
from functools import lru_cache
from ipaddress import ip_address
from urllib.parse import SplitResult, parse_qsl, urlsplit

from config.http_client import never_called
from config.settings_checks import is_loopback

LONGEST_ADDRESS = 1000
MOST_ADDRESSES = 32

CODE_PARAMETERS = frozenset({"code", "state", "iss", "error", "error_description", "error_uri", "response", "id_token"})
LOGOUT_PARAMETERS = frozenset({"state"})
INITIATION_PARAMETERS = frozenset({"iss", "login_hint", "target_link_uri"})

_RFC_3986 = re.compile(r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]+")
_BROKEN_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_DOT_SEGMENT = re.compile(r"(?:^|/)(?:\.|%2e){1,2}(?=/|$)", re.IGNORECASE)
_LABEL = r"(?!-)[a-z0-9-]{1,63}(?<!-)"
_CSP_HOST = re.compile(r"[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*")
_HOST_NAME = re.compile(rf"(?:{_LABEL}\.)*(?=[a-z]){_LABEL}")
_WRITTEN_LABEL = _LABEL.replace("0-9-", "0-9_-")
_WRITTEN_HOST_NAME = re.compile(rf"(?:{_WRITTEN_LABEL}\.)*(?=[a-z]){_WRITTEN_LABEL}")
_BEGINNING = re.compile(r"https?://[^/?#]*")


def address_fault(
    value: str, *, loopback_http: bool, reserved: frozenset[str] = frozenset(), of_metadata: bool = False
) -> str | None:
    """What to change in `value` before it can be registered, or None when it is good.

    `reserved` names the parameters that we add to the address. The address must not contain them: the application could
    not tell them from ours. `of_metadata` accepts capitals and `_` in the host, because the software of a service
    provider wrote the address and its operator cannot change it.
    """
    if fault := _text_fault(value):
        return fault
    try:
        parts = urlsplit(value)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return "must be an absolute address such as https://dcc.example/callback"
    if fault := _scheme_fault(value, host, loopback_http=loopback_http):
        return fault
    if "@" in parts.netloc:
        return "take out the user name or password before the host"
    is_good, netloc = (_is_written_host, parts.netloc.lower()) if of_metadata else (is_host, parts.netloc)
    if not is_good(host) or port == 0 or _written(host, port) != netloc:
        return "the host must be a name in lower case (xn--... when it has accents) or an address, then at most a port"
    if "#" in value:
        return "take out the fragment (what follows #): RFC 6749 section 3.1.2"
    if _DOT_SEGMENT.search(parts.path):
        return "write the path out, without . or .. in it"
    if brought := sorted(reserved & {name for name, _ in parse_qsl(parts.query, keep_blank_values=True)}):
        return f"take out the parameter {brought[0]}: the identity provider adds it"
    return None


def called_address_fault(value: str, *, loopback_http: bool, of_metadata: bool = False) -> str | None:
    """`address_fault`, for an address that our server calls: it must also be one that we agree to call."""
    fault = address_fault(value, loopback_http=loopback_http, of_metadata=of_metadata)
    return fault or never_called(value, loopback=loopback_http)


def posted_address_fault(value: str, *, loopback_http: bool, of_metadata: bool = False) -> str | None:
    """`address_fault`, for an address that one of our forms posts to: Content-Security-Policy must allow its host.

    Content Security Policy Level 3, section 2.3.1: a host-source holds letters, digits and hyphens. Browsers ignore
    any other host-source and then block the form. For a host with `_` that comes from metadata, `form_action_of`
    allows the scheme instead.
    """
    if fault := address_fault(value, loopback_http=loopback_http, of_metadata=of_metadata):
        return fault
    host = host_of(value).replace("_", "-") if of_metadata else host_of(value)
    if not _CSP_HOST.fullmatch(host):
        return "must have a host of letters, digits and hyphens: browsers block a form that posts to any other"
    return None


def _text_fault(value: str) -> str | None:
    if len(value) > LONGEST_ADDRESS:
        return f"must be at most {LONGEST_ADDRESS} characters long (it has {len(value)})"
    if "*" in value:
        return "write each address out: there are no wildcards, addresses are compared exactly"
    if not _RFC_3986.fullmatch(value) or _BROKEN_ESCAPE.search(value):
        return "must hold only the characters of RFC 3986: escape the others as %XX"
    return None


def _scheme_fault(value: str, host: str, *, loopback_http: bool) -> str | None:
    """RFC 8252 section 8.3 allows http on the loopback interface only. We accept it in development only."""
    if value.startswith("https://"):
        return None
    if not value.startswith("http://"):
        return "must be an absolute address that starts with https://"
    if not is_loopback(host):
        return "must start with https://"
    return None if loopback_http else "must start with https:// (http to this machine is for development only)"


def _written(host: str, port: int | None) -> str:
    """Host and port in the one accepted spelling: no `:0443`, no upper case, no empty port."""
    bracketed = f"[{host}]" if ":" in host else host
    return bracketed if port is None else f"{bracketed}:{port}"


def is_host(host: str) -> bool:
    """Whether `host` is a host name whose last label is not a number, or an IP address in its canonical form."""
    if len(host) > 253:
        return False
    if _HOST_NAME.fullmatch(host):
        return True
    try:
        return "%" not in host and str(ip_address(host)) == host
    except ValueError:
        return False


def _is_written_host(host: str) -> bool:
    return is_host(host) or (len(host) <= 253 and _WRITTEN_HOST_NAME.fullmatch(host) is not None)


def is_same_address(one: str, other: str) -> bool:
    """Whether the two are equal character for character, apart from capitals in the host: RFC 3986, section 6.2.2.1."""
    return one == other or _host_in_lower_case(one) == _host_in_lower_case(other)


def _host_in_lower_case(address: str) -> str:
    return _BEGINNING.sub(lambda beginning: beginning[0].lower(), address, count=1)


def host_of(address: str) -> str:
    return urlsplit(address).hostname or ""


@lru_cache(maxsize=1_000)  # each answer by POST needs it; as many as the registry's cache holds
def origin_of(address: str) -> str:
    """Scheme, host and port (RFC 6454 section 4), without a default port."""
    parts: SplitResult = urlsplit(address)
    default = {"https": 443, "http": 80}.get(parts.scheme)
    port = None if parts.port == default else parts.port
    return f"{parts.scheme}://{_written(parts.hostname or '', port)}"


def form_action_of(address: str) -> str:
    """The source for `form-action` of a Content-Security-Policy: the origin of `address`.

    CSP 3, section 2.3.1, has no spelling for a host with `_`: the scheme is allowed instead.
    """
    origin = origin_of(address)
    return f"{urlsplit(address).scheme}:" if "_" in origin else origin


def is_parent_domain(sector: str, host: str) -> bool:
    """Whether `sector` is `host` itself, or a domain of at least two labels that contains it."""
    return sector == host or ("." in sector and host.endswith(f".{sector}") and not _is_address(host))


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
