"""What a change costs others: userinfo while others' accounts and applications are changed.

A hundred thousand accounts, of which some are active; four changes a second, of accounts that are not and of one
application, by another process than the server's. Their own cost is that process's, and not counted.
"""

from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from itertools import cycle
from pathlib import Path
from threading import Event, Thread

from tests.benchmarks import journeys
from tests.benchmarks.comparison import Side, compare
from tests.benchmarks.growth import MANY_ACCOUNTS
from tests.benchmarks.journeys import InTurn, travel
from tests.benchmarks.population import APPLICATIONS, Population
from tests.benchmarks.report import Verdict
from tests.benchmarks.servers import OURS, RedisServer, web_server
from tests.builders.operators import OPERATOR
from tests.ports import free_ports

ACTIVE = 500
CHANGES_A_SECOND = 4
BOUND = 1.2
PAIRS = 5
COUNT = 3_000


def measure(folder: Path, redis: RedisServer) -> list[Verdict]:
    with ExitStack() as held:
        port = free_ports(1)[0]
        population = Population(
            folder / "changed", port=port, redis_url=redis.url, accounts=MANY_ACCOUNTS, applications=APPLICATIONS + 1
        )
        held.callback(population.close)
        server = held.enter_context(web_server(OURS, port, population.environment, folder / "web.log", workers=1))
        people = population.people[:: len(population.people) // ACTIVE]
        tokens = [population.access_token(visit) for visit in population.visits(people)]
        ask = journeys.ask_userinfo(InTurn(tokens))
        quiet = Side(run=lambda count: travel(ask, port, count), spent=server.cpu)
        changing = Side(run=_while_others_change(population, quiet.run), spent=server.cpu)
        compared = compare(changing, quiet, pairs=PAIRS, count=COUNT)
        return [compared.verdict(f"userinfo, {CHANGES_A_SECOND} changes a second: times quiet", BOUND)]


def _while_others_change(population: Population, run: Callable[[int], None]) -> Callable[[int], None]:
    def changing(count: int) -> None:
        over = Event()
        changer = Thread(target=_change, args=(population, over))
        changer.start()
        try:
            run(count)
        finally:
            over.set()
            changer.join()

    return changing


def _change(population: Population, over: Event) -> None:
    accounts, registry = population.services.account_service, population.services.registry
    used = {client.client_id for client in population.clients}
    application = next(found.name for found in registry.list(limit=1_000) if found.identifier not in used)
    for person in cycle(population.people[1 : len(population.people) // ACTIVE]):  # who are not active
        acts: list[Callable[[], object]] = [
            partial(accounts.disable, person.login, actor=OPERATOR),
            partial(registry.suspend, application, actor=OPERATOR),
            partial(accounts.enable, person.login, actor=OPERATOR),
            partial(registry.resume, application, actor=OPERATOR),
        ]
        for act in acts:
            act()
            if over.wait(1 / CHANGES_A_SECOND):
                return
