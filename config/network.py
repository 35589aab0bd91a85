"""Addresses of servers as they are written in settings."""


def host_and_port(address: str) -> tuple[str, int]:
    """`sentinel.example:26379` or `[2001:db8::1]:26379` taken apart.

    Raises:
        ValueError: it is neither.
    """
    host, colon, port = address.rpartition(":")
    bare = host.removeprefix("[").removesuffix("]")
    if not colon or not bare or not port.isdecimal() or not 0 < int(port) < 65_536 or (":" in bare) != (host != bare):
        raise ValueError(f"{address!r} is not host:port")
    return bare, int(port)
