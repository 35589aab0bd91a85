"""Parses the addresses of servers in settings."""


def host_and_port(address: str) -> tuple[str, int]:
    """The host and the port in `sentinel.example:26379` or `[2001:db8::1]:26379`.

    Raises:
        ValueError: `address` has another form.
    """
    host, colon, port = address.rpartition(":")
    bare = host.removeprefix("[").removesuffix("]")
    if not colon or not bare or not port.isdecimal() or not 0 < int(port) < 65_536 or (":" in bare) != (host != bare):
        raise ValueError(f"{address!r} is not host:port")
    return bare, int(port)
