"""Prevents: a stranger who keeps the operators of a hospital from signing in by beginning sign-ins without end."""

import pytest

from config.redis.rate_limits import LONGEST_WAIT
from enrollment.sign_in.views import SIGN_INS_AT_ONCE

HOSPITAL = "198.51.100.7"


@pytest.fixture
def begins(enrollment):
    """The status of the answer to a browser of the hospital that begins to sign in."""
    asked = f"{enrollment.address}/sign-in"
    return lambda browser=None: (browser or enrollment.a_browser(address=HOSPITAL)).asks(asked)


def test_who_has_waited_signs_in_whatever_a_neighbour_does(enrollment, begins, frozen):
    flood = [begins().status_code for _ in range(SIGN_INS_AT_ONCE + 20)]
    assert flood[-1] == 429
    operator = enrollment.a_browser(address=HOSPITAL)
    answer = begins(operator)
    assert (answer.status_code, 0 < int(answer.headers["Retry-After"]) <= LONGEST_WAIT.total_seconds()) == (429, True)
    frozen.shift(int(answer.headers["Retry-After"]))
    [begins() for _ in range(20)]
    assert begins(operator).status_code != 429
