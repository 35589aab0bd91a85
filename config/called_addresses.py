"""Which IP addresses our server calls: those of other machines, private networks included, and of nothing else.

Not this machine by any of its addresses, not the link, not where a cloud keeps the
machine's own credentials, and not an address that a translator or a tunnel takes
for one of these.
"""

import socket
from collections.abc import Iterator
from contextlib import suppress
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final

Address = IPv4Address | IPv6Address

_NEVER: Final = tuple(
    ip_network(network)
    for network in (
        "0.0.0.0/8",  # RFC 6890: this host on this network
        "255.255.255.255/32",
        "100.100.100.200/32",  # what follows: where clouds keep the machine's own; others do at a link's address
        "168.63.129.16/32",
        "192.0.0.192/32",
        "fd00:ec2::/32",
        "fd20:ce::254/128",
        "::/96",  # RFC 4291 section 2.5.5.1: IPv4-compatible, deprecated
        "::ffff:0:0:0/96",  # RFC 2765: IPv4-translated, obsolete
        "64:ff9b:1::/48",  # RFC 8215: a translator of this network, which alone knows where the IPv4 address is
        "2001::/32",  # RFC 4380: Teredo
        "2002::/16",  # RFC 3056: 6to4, deprecated by RFC 7526
    )
)
_TRANSLATED: Final = ip_network("64:ff9b::/96")  # RFC 6052: NAT64, by which an IPv6 network reaches IPv4 applications
_ANY_PORT: Final = 9  # nothing is sent there


def may_be_called(address: str, *, loopback: bool) -> bool:
    """Whether a connection may be made to this IP address, and to the one that it may stand for.

    `loopback` is for development: this machine may be called.

    Raises:
        ValueError: it is no IP address.
    """
    return all(_is_elsewhere(each, loopback=loopback) for each in _meant_by(ip_address(address.partition("%")[0])))


def _is_elsewhere(ip: Address, *, loopback: bool) -> bool:
    if ip.is_loopback:
        return loopback
    if ip.is_link_local or ip.is_multicast or ip.is_unspecified or any(ip in network for network in _NEVER):
        return False
    return loopback or not _is_our_own(ip)


def _is_our_own(ip: Address) -> bool:
    """Whether it is an address of this machine, on whichever interface: a socket can be bound to it.

    Where the system lets sockets be bound to any address (`net.ipv4.ip_nonlocal_bind`), one of ours is where
    we would call it from. To connect a UDP socket asks the system which way it would go, and sends nothing.
    """
    family = socket.AF_INET if isinstance(ip, IPv4Address) else socket.AF_INET6
    with suppress(OSError):
        with socket.socket(family, socket.SOCK_DGRAM) as trying:
            trying.bind((str(ip), 0))
        with socket.socket(family, socket.SOCK_DGRAM) as asking:
            asking.connect((str(ip), _ANY_PORT))
            return ip_address(asking.getsockname()[0].partition("%")[0]) == ip
    return False


def _meant_by(ip: Address) -> Iterator[Address]:
    """The address itself, and the IPv4 one within it that is gone on to."""
    if isinstance(ip, IPv6Address) and ip.ipv4_mapped is not None:
        yield ip.ipv4_mapped
        return
    yield ip
    if ip in _TRANSLATED:
        yield IPv4Address(int(ip) & 0xFFFF_FFFF)
