"""Which addresses our server calls (config/called_addresses.py)."""

import socket
from ipaddress import ip_address
from pathlib import Path

import pytest

from config import called_addresses
from config.called_addresses import may_be_called


@pytest.mark.parametrize(
    ("address", "may"),
    [
        ("192.0.2.10", True),
        ("10.1.2.3", True),  # a hospital's applications are on private networks
        ("fd00::1", True),
        ("127.0.0.1", False),
        ("::1", False),
        ("::ffff:127.0.0.1", False),
        ("169.254.169.254", False),  # where clouds keep the machine's own credentials
        ("fe80::1%eth0", False),
        ("0.0.0.0", False),  # noqa: S104
        ("::", False),
        ("0.1.2.3", False),
        ("224.0.0.1", False),
        ("fd00:ec2::254", False),  # likewise
        ("64:ff9b::a9fe:a9fe", False),  # 169.254.169.254 through a translator (RFC 6052)
        ("64:ff9b::7f00:1", False),
        ("2002:7f00:1::", False),  # 127.0.0.1 through 6to4
        ("64:ff9b::c000:20a", True),  # 192.0.2.10
        ("::ffff:10.1.2.3", True),
        ("100.100.100.200", False),
        ("64:ff9b::6464:64c8", False),  # the same, through a translator
        ("::ffff:169.254.169.254", False),
        ("168.63.129.16", False),
        ("192.0.0.192", False),
        ("fd20:ce::254", False),
        ("::127.0.0.1", False),  # IPv4-compatible
        ("::a9fe:a9fe", False),
        ("::ffff:0:127.0.0.1", False),  # IPv4-translated
        ("64:ff9b:1::7f00:1", False),  # a translator of this network (RFC 8215)
        ("64:ff9b:1:fffe:7f:0:100:0", False),
        ("2002:c000:20a::1", False),  # 6to4 and Teredo, whatever they carry
        ("2001:0:c000:20a::", False),
        ("2001:0:0:0:0:0:80ff:fffe", False),
        ("255.255.255.255", False),
        ("239.1.2.3", False),
        ("ff02::1", False),
        ("2001:db8::1", True),
        ("2001:1::1", True),
    ],
)
def test_which_addresses_may_be_called(address, may):
    ip_address(address.partition("%")[0])
    assert may_be_called(address, loopback=False) is may


def own_addresses() -> list[str]:
    """What the system says of its interfaces."""
    local, last = set(), ""
    for line in Path("/proc/net/fib_trie").read_text(encoding="ascii").splitlines():
        if "|-- " in line:
            last = line.partition("|-- ")[2].strip()
        elif "/32 host LOCAL" in line:
            local.add(last)
    return sorted(local)


@pytest.mark.allow_hosts(own_addresses())
def test_no_address_of_this_machine_is_called():
    """Prevents: a logout address that leads to what listens on this machine, by the name or address of an interface."""
    ours = own_addresses()
    assert "127.0.0.1" in ours
    for address in ours:
        assert not may_be_called(address, loopback=False)
        assert not may_be_called(f"::ffff:{address}", loopback=False)
        assert may_be_called(address, loopback=True), "in development it is"


class NonLocalBind(socket.socket):
    """As with net.ipv4.ip_nonlocal_bind: binding tells nothing."""

    goes_from = "192.0.2.77"

    def bind(self, where):
        pass

    def connect(self, where):
        pass

    def getsockname(self):
        return (self.goes_from, 1)


def test_our_own_addresses_are_found_even_if_sockets_bind_to_any_address(monkeypatch):
    monkeypatch.setattr(called_addresses.socket, "socket", NonLocalBind)
    assert not may_be_called("192.0.2.77", loopback=False)
    assert may_be_called("192.0.2.10", loopback=False)


def test_an_unreachable_address_is_not_ours(monkeypatch):
    class Unreachable(NonLocalBind):
        def connect(self, _where):
            raise OSError("unreachable")

    monkeypatch.setattr(called_addresses.socket, "socket", Unreachable)
    assert may_be_called("192.0.2.77", loopback=False)


def test_a_text_that_is_not_an_address_is_an_error():
    for text in ("", "localhost", "1.2.3", "0x7f.1", "2130706433", "127.1"):
        with pytest.raises(ValueError, match="IP"):
            may_be_called(text, loopback=False)
