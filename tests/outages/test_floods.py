"""A stranger floods the service, and people who log in meanwhile notice little.

For each kind of flood the 95th percentile of a look at `/health/live`, and of a login by a browser that
the account knows, is at most five times what it is when all is quiet. `FLOOD_FOR=30` floods for 30 seconds each.
"""

import os
import sys
import time
from dataclasses import dataclass
from threading import Event

import pytest

from tests.actors.browser import Professional
from tests.outages.conftest import NewService
from tests.outages.flooding import KINDS, Visitor, authorization, flooding
from tests.outages.service import Service

LASTING = float(os.environ.get("FLOOD_FOR", "3"))  # seconds
MOST = 5.0  # times
ROUNDS = 3
LOOKS = 4  # for each login
BETWEEN = 0.02  # seconds


@dataclass(frozen=True, slots=True)
class Waited:
    """What people wait for, in seconds: the 95th percentile."""

    health: float
    login: float
    logins: int

    def __str__(self) -> str:
        return f"/health/live {self.health * 1000:.1f} ms, a login {self.login * 1000:.0f} ms (of {self.logins})"


@dataclass(slots=True)
class Colleague:
    """Somebody who logs in again and again with the right password, from a browser that has done so before."""

    visitor: Visitor
    person: Professional

    def logs_in(self) -> None:
        self.visitor.cookies.pop("__Host-idp-session", None)
        login = self.visitor.opens(authorization(prompt="login"))
        self.visitor.posts(f"{login}/password", login=self.person.login, password=self.person.password).expect(303)
        self.visitor.gets(login).expect(200)

    def waits(self, lasting: float) -> Waited:
        """Both, one after the other, for so long, and often enough for a 95th percentile to mean something."""
        looks, logins, pause = [], [], Event()
        until = time.monotonic() + lasting
        while time.monotonic() < until or len(logins) < 20:
            for _ in range(LOOKS):
                began = time.perf_counter()
                self.visitor.line.get("/health/live").expect(200)
                looks.append(time.perf_counter() - began)
            began = time.perf_counter()
            self.logs_in()
            logins.append(time.perf_counter() - began)
            pause.wait(BETWEEN)
        return Waited(_p95(looks), _p95(logins), len(logins))


def _p95(times: list[float]) -> float:
    return sorted(times)[int(len(times) * 0.95)]


@pytest.fixture
def realistic(new_service: NewService) -> Service:
    """Passwords cost what they cost."""
    return new_service(argon2_memory=19456, argon2_iterations=2).start()


@pytest.mark.parametrize("kind", KINDS)
def test_a_login_and_a_look_wait_five_times_as_long_at_most(realistic, jeanne, kind):
    """What else the machine has to do is in both: it is quiet before the flood and after it.

    It may also come during the flood alone, so that what takes longer is measured again.
    """
    colleague = Colleague(Visitor(realistic.port), jeanne)
    for _ in range(3):
        colleague.logs_in()
    tolds: list[str] = []
    while len(tolds) < ROUNDS:
        before = colleague.waits(LASTING)
        with flooding(kind, realistic.port):
            meanwhile = colleague.waits(LASTING)
        after = colleague.waits(LASTING)
        quiet = Waited(max(before.health, after.health), max(before.login, after.login), before.logins + after.logins)
        tolds.append(f"{kind}: quiet {quiet}, flooded {meanwhile}")
        sys.stdout.write(f"\n{tolds[-1]}\n")  # shown with -s
        if meanwhile.login <= MOST * quiet.login and meanwhile.health <= MOST * quiet.health:
            break
    else:
        pytest.fail("\n".join(tolds))
    colleague.visitor.line.close()
    assert realistic.is_ready()
