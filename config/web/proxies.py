"""Whose X-Forwarded-* is believed: the proxies that settings name, and nobody else.

Only the client's address and the scheme are taken. The host never is: every
address we write starts with the issuer.
"""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

Address = IPv4Address | IPv6Address


class TrustedProxies:
    """WSGI layer: REMOTE_ADDR becomes the nearest address that is not one of our proxies."""

    def __init__(self, application: "WSGIApplication", trusted: Iterable[str]) -> None:
        self._application = application
        self._networks = tuple(ip_network(network) for network in trusted)

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        peer = _address(environ.get("REMOTE_ADDR", ""))
        if peer is not None and self._trusts(peer):
            environ["REMOTE_ADDR"] = str(self._client(peer, environ.get("HTTP_X_FORWARDED_FOR", "")))
            scheme = environ.get("HTTP_X_FORWARDED_PROTO", "").rpartition(",")[2].strip()
            if scheme in ("http", "https"):
                environ["wsgi.url_scheme"] = scheme
        return self._application(environ, start_response)

    def _client(self, peer: Address, forwarded: str) -> Address:
        """From right to left: each address was written by the one after it, and is believed as far as that one is."""
        believed = peer
        for written in reversed(forwarded.split(",")):
            address = _address(written.strip())
            if address is None:
                break
            believed = address
            if not self._trusts(address):
                break
        return believed

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
