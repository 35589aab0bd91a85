"""X-Forwarded-For and X-Forwarded-Proto, trusted only from the proxies that settings name.

The host is never taken from a request: every address that we write begins with the service's origin. Parsed addresses
are cached: parsing two at each request was a seventh of the cost of userinfo.
"""

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

Address = IPv4Address | IPv6Address

MOST_KEPT: Final = 4096
LONGEST_KEPT: Final = 128  # characters of X-Forwarded-For: several addresses; the cache takes 2 MB at most


class TrustedProxies:
    """WSGI layer: REMOTE_ADDR becomes the nearest address that is not one of our proxies."""

    def __init__(self, application: "WSGIApplication", trusted: Iterable[str]) -> None:
        self._application = application
        self._networks = tuple(ip_network(network) for network in trusted)
        self._is_proxy_kept = lru_cache(MOST_KEPT)(self._is_proxy)
        self._client_kept = lru_cache(MOST_KEPT)(self._client)

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        peer = environ.get("REMOTE_ADDR", "")
        if self._networks and self._is_proxy_kept(peer):
            forwarded = environ.get("HTTP_X_FORWARDED_FOR", "")
            client = self._client_kept if len(forwarded) <= LONGEST_KEPT else self._client
            environ["REMOTE_ADDR"] = client(peer, forwarded)
            scheme = environ.get("HTTP_X_FORWARDED_PROTO", "").rpartition(",")[2].strip()
            if scheme in ("http", "https"):
                environ["wsgi.url_scheme"] = scheme
        return self._application(environ, start_response)

    def _is_proxy(self, peer: str) -> bool:
        address = _address(peer)
        return address is not None and self._trusts(address)

    def _client(self, peer: str, forwarded: str) -> str:
        """The client's address, read from right to left: each address is trusted if the proxy that added it is."""
        client = _address(peer)
        for written in reversed(forwarded.split(",")):
            address = _address(written.strip())
            if address is None:
                break
            client = address
            if not self._trusts(address):
                break
        return str(client)

    def _trusts(self, address: Address) -> bool:
        return any(address in network for network in self._networks)


def _address(text: str) -> Address | None:
    """An address as proxies write it: bare, or with a port, `1.2.3.4:5` or `[::1]:5`."""
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address
