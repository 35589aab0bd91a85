"""What is asked of the servers: each journey of a person or an application, and its floor's."""

import html
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle
from threading import Lock
from typing import Generic, TypeVar
from urllib.parse import urlencode

from tests.benchmarks.http_line import Line
from tests.benchmarks.population import CHALLENGE, PASSWORD, SCOPE, VERIFIER, Client, Person, Visit

AT_ONCE = 4
"""Lines kept busy at a time."""

_FORM_TOKEN = re.compile(rb'name="form_token" value="([^"]+)"')
_CONTINUED = re.compile(rb'url=([^"]+)"')

Journey = Callable[[Line], None]
T = TypeVar("T")


class InTurn(Generic[T]):
    """The next of these, whichever thread asks, for ever."""

    def __init__(self, things: Sequence[T]) -> None:
        self._things: Iterator[T] = cycle(things)
        self._one_at_a_time = Lock()

    def __call__(self) -> T:
        with self._one_at_a_time:
            return next(self._things)


def travel(journey: Journey, port: int, count: int, *, at_once: int = AT_ONCE) -> None:
    """Make `count` journeys to `port`, several at a time."""

    def share(of_line: int) -> None:
        line = Line(port)
        try:
            for _ in range(of_line):
                journey(line)
        finally:
            line.close()

    each, more = divmod(count, at_once)
    with ThreadPoolExecutor(at_once) as lines:
        for done in [lines.submit(share, each + (number < more)) for number in range(at_once)]:
            done.result()


# --- ours ------------------------------------------------------------------------------


def sign_in(visits: InTurn[Visit]) -> Journey:
    """A person with a session opens one more application: authorization, then its token request."""

    def journey(line: Line) -> None:
        visit = visits()
        answer = line.get(_authorization(visit.client), f"Cookie: {_cookie('session')}={visit.cookie}").expect(303)
        _redeem(line, visit.client, answer.parameter("code"))

    return journey


def log_in(people: InTurn[Person], clients: InTurn[Client], *, redeems: bool = True) -> Journey:
    """A person with no session: authorization, sign-on page, password, answer; then the application's token request."""

    def journey(line: Line) -> None:
        client = clients()
        begun = line.get(_authorization(client)).expect(303)
        kept = _cookies_given(begun.head)
        page = line.get(begun.location, _sent(kept)).expect(200)
        kept |= _cookies_given(page.head)
        form = {"login": people().login, "password": PASSWORD, "form_token": _found(_FORM_TOKEN, page.body)}
        opened = line.post(f"{begun.location}/password", urlencode(form), _sent(kept)).expect(303)
        kept |= _cookies_given(opened.head)
        answer = line.get(begun.location, _sent(kept)).expect(200)
        code = re.search(r"[?&]code=([^&]+)", html.unescape(_found(_CONTINUED, answer.body)))
        assert code is not None
        if redeems:
            _redeem(line, client, code[1])

    return journey


def redeem_code(codes: Iterator[tuple[Client, str]]) -> Journey:
    """An application's token request, for codes made beforehand."""
    one_at_a_time = Lock()

    def journey(line: Line) -> None:
        with one_at_a_time:
            client, code = next(codes)
        _redeem(line, client, code)

    return journey


def ask_userinfo(tokens: InTurn[str]) -> Journey:
    """An application asks who the person is."""

    def journey(line: Line) -> None:
        line.get_as_server("/oidc/userinfo", f"Authorization: Bearer {tokens()}").expect(200)

    return journey


def _authorization(client: Client) -> str:
    return "/oidc/authorize?" + urlencode(
        {
            "client_id": client.client_id,
            "redirect_uri": client.redirect_uri,
            "response_type": "code",
            "scope": SCOPE,
            "state": "s" * 22,
            "nonce": "n" * 22,
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
        }
    )


def _redeem(line: Line, client: Client, code: str) -> None:
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": client.redirect_uri,
        "code_verifier": VERIFIER,
    }
    line.post_as_server("/oidc/token", urlencode(form), f"Authorization: {client.authorization}").expect(200)


def _cookie(purpose: str) -> str:
    return f"__Host-idp-{purpose}"


def _cookies_given(head: str) -> dict[str, str]:
    return dict(re.findall(r"(?im)^set-cookie: ([^=;\r\n]+)=([^;\r\n]*)", head))


def _sent(cookies: Mapping[str, str]) -> str:
    return "Cookie: " + "; ".join(f"{name}={value}" for name, value in cookies.items())


def _found(pattern: re.Pattern[bytes], body: bytes) -> str:
    found = pattern.search(body)
    assert found is not None, body.decode(errors="replace")
    return found[1].decode()


# --- their floors ------------------------------------------------------------------------

_SESSION = f"Cookie: {_cookie('session')}={'s' * 24}.{'s' * 43}"
_ASKED = "/authorize?" + "a" * 400
_BEARER = f"Authorization: Bearer {'t' * 43}"
_BASIC = f"Authorization: Basic {'b' * 80}"
_TOKEN_REQUEST = "t" * 240


def least_sign_in(line: Line) -> None:
    line.get(_ASKED, _SESSION).expect(303)
    least_token_request(line)


def least_log_in(line: Line) -> None:
    line.get("/begin?" + "a" * 400).expect(303)
    line.get("/page").expect(200)
    line.post("/password", "p" * 200, _SESSION).expect(303)
    line.get("/answer", _SESSION).expect(200)
    least_token_request(line)


def least_token_request(line: Line) -> None:
    line.post_as_server("/token", _TOKEN_REQUEST, _BASIC).expect(200)


def least_userinfo(line: Line) -> None:
    line.get_as_server("/userinfo", _BEARER).expect(200)
