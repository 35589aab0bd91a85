"""What a sign-in, a login, a token and userinfo cost, each beside its floor (floors.py).

The sign-in is also measured beside the same floor in Flask (bare_flask.py), which bounds nothing.
"""

from contextlib import ExitStack
from itertools import cycle, islice
from pathlib import Path

from tests.benchmarks import journeys
from tests.benchmarks.comparison import Comparison, Side, compare
from tests.benchmarks.journeys import InTurn, Journey, travel
from tests.benchmarks.population import CHEAP, Population, empty_trail
from tests.benchmarks.report import Verdict
from tests.benchmarks.servers import (
    BARE_FLASK,
    FLOOR,
    FLOOR_REDIS_URL,
    FLOOR_TRAIL,
    OURS,
    RedisServer,
    WebServer,
    web_server,
)
from tests.ports import free_ports

PEOPLE = 1_000
WARM = 300
WORKERS = 2
PAIRS = 7
COUNT = 600


def measure(folder: Path, redis: RedisServer) -> list[Verdict]:
    ours_at, floor_at, flask_at = free_ports(3)
    with ExitStack() as held:
        population = Population(folder / "ours", port=ours_at, redis_url=redis.url, accounts=PEOPLE)
        held.callback(population.close)
        floor_environment = population.environment | {
            FLOOR_REDIS_URL: redis.url,
            FLOOR_TRAIL: str(empty_trail(folder / "floor")),
        }
        log = folder / "web.log"
        ours = held.enter_context(web_server(OURS, ours_at, population.environment, log, workers=WORKERS))
        floor = held.enter_context(web_server(FLOOR, floor_at, floor_environment, log, workers=WORKERS))
        flask = held.enter_context(web_server(BARE_FLASK, flask_at, floor_environment, log, workers=WORKERS))

        def against(journey: Journey, least: Journey, *, beside: WebServer = floor, count: int = COUNT) -> Comparison:
            return compare(_side(ours, redis, journey), _side(beside, redis, least), pairs=PAIRS, count=count)

        visits = population.visits(population.people[:WARM])
        signing_in = journeys.sign_in(InTurn(visits))
        travel(signing_in, ours.port, WARM * WORKERS * 2)
        signed_in = against(signing_in, journeys.least_sign_in)
        beside_flask = against(signing_in, journeys.least_sign_in, beside=flask)

        logging_in = journeys.log_in(InTurn(population.people[:WARM]), InTurn(population.clients))
        logged_in = against(logging_in, journeys.least_log_in, count=COUNT // 3)

        codes = [(visit.client, population.code(visit)) for visit in islice(cycle(visits), COUNT * (PAIRS + 1))]
        redeemed = against(journeys.redeem_code(iter(codes)), journeys.least_token_request)

        tokens = [population.access_token(visit) for visit in visits]
        asked = against(journeys.ask_userinfo(InTurn(tokens)), journeys.least_userinfo, count=COUNT * 4)

        strangers = population.visits(population.people[WARM:])
        first_time = against(journeys.sign_in(InTurn(strangers)), journeys.least_sign_in, count=80)

    return [
        signed_in.verdict("SSO sign-in: times its floor", 2.75, aim=1.35),
        beside_flask.verdict("SSO sign-in: times a bare Flask that does only its floor", None),
        logged_in.verdict(f"full login, hash at {CHEAP} KiB: times its floor", 4.5),
        redeemed.verdict("token endpoint: times its floor", 2.5),
        asked.verdict("userinfo: times its floor", 4.0),
        first_time.verdict("SSO sign-in, person not met before: times its floor", None),
    ]


def _side(server: WebServer, redis: RedisServer, journey: Journey) -> Side:
    return Side(
        run=lambda count: travel(journey, server.port, count),
        spent=lambda: server.cpu() + redis.cpu(),
    )
