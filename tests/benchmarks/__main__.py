"""`make bench`: the costs that the design bounds, each beside what it is compared with, in one run.

Costs are CPU, user and system, of the web server's processes and of Redis, a journey at a
time; the client's is not counted. Ends with status 1 when a bound is passed.
"""

import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from tests.benchmarks import (
    card,
    card_verification,
    changes,
    floods,
    growth,
    memory,
    peers,
    queue,
    register,
    saml,
    sign_in,
    start,
)
from tests.benchmarks.report import Verdict, table
from tests.benchmarks.servers import running_redis_server

PARTS = {
    "cost": sign_in.measure,
    "saml": saml.measure,
    "peers": peers.measure,
    "growth": growth.measure,
    "card-verification": card_verification.measure,
    "changes": changes.measure,
    "memory": memory.measure,
    "register": register.measure,
    "queue": queue.measure,
    "start": start.measure,
    "floods": floods.measure,
    "card": card.measure,
}


def main(names: list[str]) -> int:
    """Measure the parts named, or all."""
    if unknown := set(names) - set(PARTS):
        sys.exit(f"no such part: {', '.join(unknown)}; there are {', '.join(PARTS)}")
    began = time.monotonic()
    verdicts: list[Verdict] = []
    for name in names or PARTS:
        with ExitStack() as held:
            folder = Path(held.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
            redis = held.enter_context(running_redis_server(folder))
            measured = PARTS[name](folder, redis)
        say(table(measured))
        verdicts += measured
    failed = [verdict for verdict in verdicts if not verdict.passes]
    say(f"{len(verdicts) - len(failed)} of {len(verdicts)} within bounds, in {time.monotonic() - began:.0f} s")
    return 1 if failed else 0


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
