"""Strangers who flood a service, each kind in a process of its own: `python -m tests.outages.flooding KIND PORT`.

What each sends costs them little: nobody is known to the service, and nothing is waited for but the answer.
"""

import itertools
import re
import select
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import quote, urlencode

from tests.benchmarks.http_line import Answer, Line

AT_ONCE = 4
SLOW_AT_ONCE = 100
TREE = Path(__file__).parents[2]

_FORM_TOKEN = re.compile(rb'name="form_token" value="([^"]+)"')
_SET_COOKIE = re.compile(r"(?im)^set-cookie: ([^=]+)=([^;\r\n]*)")


def authorization(**changed: str) -> str:
    asked = {
        "client_id": "perinat",
        "redirect_uri": "http://127.0.0.1:8412/callback",
        "response_type": "code",
        "scope": "openid",
        "code_challenge": "c" * 43,
        "code_challenge_method": "S256",
        "state": "s" * 22,
    }
    return "/oidc/authorize?" + urlencode(asked | changed)


class Visitor:
    """A browser on one line: it keeps its cookies, and the token of the form it has open."""

    def __init__(self, port: int) -> None:
        self.line = Line(port)
        self.cookies: dict[str, str] = {}
        self.token = ""

    def opens(self, path: str) -> str:
        """The address of the page with a form that `path` leads to."""
        answer = self.gets(path)
        if answer.status == 303:
            path = answer.location
            answer = self.gets(path)
        found = _FORM_TOKEN.search(answer.expect(200).body)
        assert found is not None
        self.token = found[1].decode()
        return path

    def gets(self, path: str) -> Answer:
        return self._kept(self.line.get(path, self._sent()))

    def posts(self, path: str, **fields: str) -> Answer:
        return self._kept(self.line.post(path, urlencode(fields | {"form_token": self.token}), self._sent()))

    def _sent(self) -> str:
        return "Cookie: " + "; ".join(f"{name}={value}" for name, value in self.cookies.items())

    def _kept(self, answer: Answer) -> Answer:
        self.cookies.update(_SET_COOKIE.findall(answer.head))
        return answer


# --- what they do ----------------------------------------------------------------------------


def logins_begun(port: int) -> None:
    """GET after GET of an application's request, and none is gone on with."""
    line = Line(port)
    for number in itertools.count():
        line.get(authorization(state=f"{number:022}"))


def large_logins_begun(port: int) -> None:
    """The same with a state that no cookie holds."""
    line = Line(port)
    for number in itertools.count():
        line.get(authorization(state="".join(chr(97 + (number * 7 + i * i * 31) % 26) for i in range(5_000))))


def large_soap_messages(port: int) -> None:
    """One element with thousands of attributes, whose cost once grew faster than its length."""
    attributes = " ".join(f'a{number}="1"' for number in range(7_600))
    issuer = '<saml:Issuer xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">https://messagerie.example/</saml:Issuer>'
    request = f'<samlp:LogoutRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" {attributes}>{issuer}'
    body = (
        '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>'
        f"{request}</samlp:LogoutRequest></s:Body></s:Envelope>"
    ).encode()
    head = (
        f"POST /saml/logout/soap HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/xml\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    ).encode()
    while True:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
            connection.sendall(head + body)
            while connection.recv(65_536):
                pass


def wrong_passwords(port: int) -> None:
    """For logins that exist and that do not, each time another."""
    visitor = Visitor(port)
    login = visitor.opens(authorization())
    for number in itertools.count():
        visitor.posts(f"{login}/password", login=f"personne{number}", password="wrong")


def forgotten_passwords(port: int) -> None:
    visitor = Visitor(port)
    visitor.opens("/password/forgotten")
    for number in itertools.count():
        visitor.posts("/password/forgotten", login=f"personne{number}")


def patterns_of_the_journal(port: int) -> None:
    """What an expression that looks for secrets in the journal would stumble over, wherever it is written down."""
    line = Line(port)
    pattern = "__Host-" * 900
    for number in itertools.count():
        address = f"/oidc/authorize?client_id={quote(pattern)}{number}"
        line.get(address, f"User-Agent: {pattern[:2_000]}", f"Cookie: {pattern[:2_000]}=x")


def slow_bodies(port: int) -> None:
    """Forms of which an octet comes now and then."""
    _slow(
        port, b"POST /saml/sso HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/xml\r\nContent-Length: 50000\r\n\r\n"
    )


def slow_heads(port: int) -> None:
    _slow(port, b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")


KINDS: dict[str, Callable[[int], None]] = {
    kind.__name__: kind
    for kind in (
        logins_begun,
        large_logins_begun,
        large_soap_messages,
        wrong_passwords,
        forgotten_passwords,
        patterns_of_the_journal,
        slow_bodies,
        slow_heads,
    )
}
_OF_ONE_THREAD = (slow_bodies, slow_heads)


def _slow(port: int, beginning: bytes) -> None:
    """Many connections at once; one that is closed is opened again."""
    connections: set[socket.socket] = set()
    while True:
        while len(connections) < SLOW_AT_ONCE:
            with suppress(OSError):
                connections.add(connection := socket.create_connection(("127.0.0.1", port), timeout=5))
                connection.sendall(beginning)
        ended, _, _ = select.select(connections, [], [], 0.5)
        for connection in list(connections):
            try:
                if connection in ended and not connection.recv(65_536):
                    raise ConnectionResetError
                connection.sendall(b"x")
            except OSError:
                connections.discard(connection)
                connection.close()


# --- as processes ------------------------------------------------------------------------------


@contextmanager
def flooding(kind: str, port: int) -> Iterator[None]:
    """The flood goes on for the block."""
    with subprocess.Popen([sys.executable, "-m", "tests.outages.flooding", kind, str(port)], cwd=TREE) as process:
        try:
            yield
            assert process.poll() is None, f"{kind} ended before it was told to"
        finally:
            process.kill()


def _again_and_again(attack: Callable[[int], None], port: int) -> None:
    while True:
        with suppress(OSError, AssertionError, ValueError):  # turned away, or cut off: it comes again
            attack(port)
        time.sleep(0.01)


if __name__ == "__main__":
    attack, port = KINDS[sys.argv[1]], int(sys.argv[2])
    for _ in range(1 if attack in _OF_ONE_THREAD else AT_ONCE):
        threading.Thread(target=_again_and_again, args=(attack, port)).start()
