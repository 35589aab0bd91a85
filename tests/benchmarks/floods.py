"""What people notice while a stranger floods us: the flood comes from a process of its own, at full speed.

Elapsed time, since people wait for it; the stranger's own work takes part of the same
cores, so that the ratios say more than our share.
"""

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from threading import Event, Thread
from urllib.parse import urlencode

from tests.benchmarks.http_line import Answer, Line
from tests.benchmarks.population import PASSWORD, Population
from tests.benchmarks.report import Verdict
from tests.benchmarks.servers import OURS, RedisServer, web_server
from tests.ports import free_ports

AUTHORIZATION = "/oidc/authorize?" + urlencode(
    {
        "client_id": "application-0",
        "redirect_uri": "https://application-0.example/callback",
        "response_type": "code",
        "scope": "openid",
        "code_challenge": "c" * 43,
        "code_challenge_method": "S256",
        "state": "s" * 22,
    }
)
LASTING = 30.0  # seconds
QUIET = 10.0
AT_ONCE = 8
MOST = 5.0  # times the quiet p95
PATIENCE = 30.0  # seconds

_FORM_TOKEN = re.compile(rb'name="form_token" value="([^"]+)"')
_SET_COOKIE = re.compile(r"(?im)^set-cookie: ([^=]+)=([^;\r\n]*)")


@dataclass(slots=True)
class Browser:
    """Cookies, and the page that is open."""

    port: int
    cookies: dict[str, str] = field(default_factory=dict)
    page: str = ""
    token: str = ""
    line: Line = field(init=False)

    def __post_init__(self) -> None:
        self.line = Line(self.port)

    def opens(self, path: str) -> None:
        """Go to a page with a form, over one redirection at most."""
        answer = self._keeps(self.line.get(path, *self._header()))
        if answer.status == 303:
            path = re.sub(r"^https?://[^/]+", "", answer.location)
            answer = self._keeps(self.line.get(path, *self._header()))
        found = _FORM_TOKEN.search(answer.expect(200).body)
        assert found is not None
        self.page, self.token = path, found[1].decode()

    def posts(self, action: str, **fields: str) -> Answer:
        form = urlencode(fields | {"form_token": self.token})
        return self._keeps(self.line.post(action, form, *self._header()))

    def tries(self, login: str, password: str) -> Answer:
        return self.posts(f"{self.page}/password", login=login, password=password)

    def _header(self) -> tuple[str, ...]:
        return (f"Cookie: {'; '.join(f'{name}={value}' for name, value in self.cookies.items())}",)

    def _keeps(self, answer: Answer) -> Answer:
        self.cookies.update(_SET_COOKIE.findall(answer.head))
        return answer


# --- the stranger's side -------------------------------------------------------------------


def wrong_passwords(port: int) -> None:
    """For invented logins, and for each colleague in turn."""
    browser = Browser(port)
    browser.opens(AUTHORIZATION)
    for number in count():
        browser.tries(f"personne{number % 30}" if number % 5 == 0 else f"invented{number}", "wrong")


def links_asked_for(port: int) -> None:
    browser = Browser(port)
    browser.opens("/password/forgotten")
    for number in count():
        browser.posts("/password/forgotten", login=f"invented{number}")


def logins_begun(port: int) -> None:
    line = Line(port)
    while True:
        line.get(AUTHORIZATION)


ATTACKS = {attack.__name__.replace("_", " "): attack for attack in (wrong_passwords, links_asked_for, logins_begun)}


@contextmanager
def flooding(attack: str, port: int) -> Iterator[None]:
    command = [sys.executable, "-m", "tests.benchmarks.floods", attack, str(port)]
    with subprocess.Popen(command) as process:
        try:
            yield
        finally:
            process.kill()


# --- what is measured ----------------------------------------------------------------------


def measure(folder: Path, redis: RedisServer) -> list[Verdict]:
    [port] = free_ports(1)
    population = Population(
        folder / "floods", port=port, redis_url=redis.url, accounts=30, argon2_memory=19_456, argon2_iterations=2
    )
    try:
        with web_server(OURS, port, population.environment, folder / "web.log", workers=2):
            known = Browser(port)
            recognised, *unrecognised = population.people
            known.opens(AUTHORIZATION)
            known.tries(recognised.login, PASSWORD).expect(303)
            quiet = _p95s(known, recognised.login, QUIET)
            verdicts = []
            for attack in ATTACKS:
                with flooding(attack, port):
                    newcomer = _Newcomer(port, unrecognised.pop().login)
                    meanwhile = _p95s(known, recognised.login, LASTING)
                    waited = newcomer.waited()
                verdicts += [
                    _ratio("/health/live", attack, quiet[0], meanwhile[0]),
                    _ratio("a login from a recognised browser", attack, quiet[1], meanwhile[1]),
                    Verdict(
                        what=f"a login from a new browser at the same address, meanwhile: {attack}",
                        measured=waited,
                        bound=PATIENCE,
                        unit="s",
                        detail="until the password is accepted",
                    ),
                ]
        return verdicts
    finally:
        population.close()


def _ratio(what: str, attack: str, quiet: float, meanwhile: float) -> Verdict:
    return Verdict(
        what=f"p95 of {what}, meanwhile: {attack}",
        measured=meanwhile / quiet,
        bound=MOST,
        unit="x",
        detail=f"{meanwhile * 1000:.0f} ms; {quiet * 1000:.0f} ms when all is quiet",
    )


def _p95s(browser: Browser, login: str, lasting: float) -> tuple[float, float]:
    """Of a look at /health/live, and of a login from its first request to the session, one after the other."""
    looks, logins = [], []
    until, line, pause = time.monotonic() + lasting, Line(browser.port), Event()
    while time.monotonic() < until:
        began = time.perf_counter()
        line.get("/health/live").expect(200)
        looks.append(time.perf_counter() - began)
        browser.cookies.pop("__Host-idp-session", None)
        began = time.perf_counter()
        browser.opens(AUTHORIZATION)
        browser.tries(login, PASSWORD).expect(303)
        logins.append(time.perf_counter() - began)
        pause.wait(0.05)
    line.close()
    return _p95(looks), _p95(logins)


def _p95(times: list[float]) -> float:
    return sorted(times)[int(len(times) * 0.95)]


class _Newcomer:
    """Somebody who types the right password in a browser that nobody knows, and comes back when told."""

    def __init__(self, port: int, login: str) -> None:
        self._browser, self._login, self._waited = Browser(port), login, float("inf")
        self._thread = Thread(target=self._goes_on, daemon=True)
        self._thread.start()

    def waited(self) -> float:
        self._thread.join(PATIENCE)
        return self._waited

    def _goes_on(self) -> None:
        Event().wait(5)  # the flood has had its free attempts
        began = time.monotonic()
        self._browser.opens(AUTHORIZATION)
        while (answer := self._browser.tries(self._login, PASSWORD)).status == 429:
            Event().wait(int(answer.header("retry-after")))
        answer.expect(303)
        self._waited = time.monotonic() - began


def _flood(attack: str, port: int) -> None:
    threads = [Thread(target=ATTACKS[attack], args=(port,), daemon=True) for _ in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    _flood(sys.argv[1], int(sys.argv[2]))
