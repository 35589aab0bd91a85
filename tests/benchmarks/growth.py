"""What must not grow: the cost of a token request and of userinfo, however many accounts and applications there are.

The same number of people and of applications is active in each installation, drawn from
the whole: it is how many exist that must not cost.
"""

from contextlib import ExitStack
from itertools import cycle, islice
from pathlib import Path

from tests.benchmarks import journeys
from tests.benchmarks.comparison import Side, compare
from tests.benchmarks.journeys import InTurn, Journey, travel
from tests.benchmarks.population import APPLICATIONS, Population
from tests.benchmarks.report import Verdict
from tests.benchmarks.servers import OURS, RedisServer, WebServer, web_server
from tests.ports import free_ports

FEW, MANY_ACCOUNTS, MANY_APPLICATIONS = 100, 100_000, 10_000
BOUND = 1.2
PAIRS = 7
COUNT = 400


def measure(folder: Path, redis: RedisServer) -> list[Verdict]:
    verdicts = []
    with ExitStack() as held:
        sizes = [("few", FEW, APPLICATIONS), ("accounts", MANY_ACCOUNTS, APPLICATIONS),
                 ("applications", FEW, MANY_APPLICATIONS)]  # fmt: skip
        journeys_of: dict[str, list[Side]] = {}
        for (name, accounts, applications), port in zip(sizes, free_ports(len(sizes)), strict=True):
            population = Population(
                folder / name, port=port, redis_url=redis.url, accounts=accounts, applications=applications
            )
            held.callback(population.close)
            server = held.enter_context(web_server(OURS, port, population.environment, folder / "web.log", workers=1))
            journeys_of[name] = [_side(server, journey) for journey in _journeys(population)]
        for name, what in (
            ("accounts", f"{MANY_ACCOUNTS:,} accounts"),
            ("applications", f"{MANY_APPLICATIONS:,} applications"),
        ):
            for index, endpoint in enumerate(("token endpoint", "userinfo")):
                compared = compare(journeys_of[name][index], journeys_of["few"][index], pairs=PAIRS, count=COUNT)
                verdicts.append(compared.verdict(f"{endpoint}, {what}: times few", BOUND))
    return verdicts


def _journeys(population: Population) -> list[Journey]:
    """Token requests and userinfo, by people spread over all the accounts."""
    people = population.people[:: len(population.people) // FEW]
    visits = population.visits(people)
    needed = 2 * COUNT * (PAIRS + 1)
    codes = [(visit.client, population.code(visit)) for visit in islice(cycle(visits), needed)]
    tokens = [population.access_token(visit) for visit in visits]
    return [journeys.redeem_code(iter(codes)), journeys.ask_userinfo(InTurn(tokens))]


def _side(server: WebServer, journey: Journey) -> Side:
    return Side(run=lambda count: travel(journey, server.port, count), spent=server.cpu)
