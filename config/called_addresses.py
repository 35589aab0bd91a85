"""Which IP addresses our server may call: those of other machines, private networks included.

It never calls this machine at any of its addresses, a link-local address, the metadata service of a cloud, or an
address that a translator or a tunnel maps to one of these.
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
        "100.100.100.200/32",  # this and the next four: metadata services of clouds; others have link-local addresses
        "168.63.129.16/32",
        "192.0.0.192/32",
        "fd00:ec2::/32",
        "fd20:ce::254/128",
        "::/96",  # RFC 4291 section 2.5.5.1: IPv4-compatible, deprecated
        "::ffff:0:0:0/96",  # RFC 2765: IPv4-translated, obsolete
        "64:ff9b:1::/48",  # RFC 8215: local translators; only they know where the IPv4 address is in it
        "2001::/32",  # RFC 4380: Teredo
        "2002::/16",  # RFC 3056: 6to4, deprecated by RFC 7526
    )
)
_TRANSLATED: Final = ip_network("64:ff9b::/96")  # RFC 6052: NAT64, by which an IPv6 network reaches IPv4 servers
_ANY_PORT: Final = 9  # nothing is sent there


def may_be_called(address: str, *, loopback: bool) -> bool:
    """Whether our server may connect to this IP address, and to the IPv4 address embedded in it.

    `loopback` allows this machine, for development.

    Raises:
        ValueError: `address` is not an IP address.
    """
    return all(_is_elsewhere(each, loopback=loopback) for each in _with_embedded(ip_address(address.partition("%")[0])))


def _is_elsewhere(ip: Address, *, loopback: bool) -> bool:
    if ip.is_loopback:
        return loopback
    if ip.is_link_local or ip.is_multicast or ip.is_unspecified or any(ip in network for network in _NEVER):
        return False
    return loopback or not _is_our_own(ip)


def _is_our_own(ip: Address) -> bool:
    """Whether `ip` is an address of this machine: a socket can be bound to it, and would call it from itself.

    The second condition is needed where sockets can be bound to any address (`net.ipv4.ip_nonlocal_bind`).
    Connecting a UDP socket asks the system for the source address, and sends nothing.
    """
    family = socket.AF_INET if isinstance(ip, IPv4Address) else socket.AF_INET6
    with suppress(OSError):
        with socket.socket(family, socket.SOCK_DGRAM) as bound:
            bound.bind((str(ip), 0))
        with socket.socket(family, socket.SOCK_DGRAM) as connected:
            connected.connect((str(ip), _ANY_PORT))
            return ip_address(connected.getsockname()[0].partition("%")[0]) == ip
    return False


def _with_embedded(ip: Address) -> Iterator[Address]:
    """The address itself, and the IPv4 address in it that the network connects to."""
    if isinstance(ip, IPv6Address) and ip.ipv4_mapped is not None:
        yield ip.ipv4_mapped
        return
    yield ip
    if ip in _TRANSLATED:
        yield IPv4Address(int(ip) & 0xFFFF_FFFF)
