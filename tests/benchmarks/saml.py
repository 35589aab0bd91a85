"""What a SAML sign-in costs with a warm session, and what it must not cost: that many service providers are registered.

Beside two floors: what an answer cannot be made without (floors.py: one round trip for each thing
kept, the audit line, the signatures), and less than that, the signatures of python-xmlsec under the bare
web server, with nothing kept or told.
"""

import gc
import tracemalloc
import zlib
from base64 import b64encode
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_hex
from urllib.parse import urlencode

from tests.benchmarks.comparison import Side, compare
from tests.benchmarks.http_line import Answer, Line
from tests.benchmarks.journeys import InTurn, Journey, travel
from tests.benchmarks.population import Person, Population, ServiceProvider, empty_trail
from tests.benchmarks.report import Verdict
from tests.benchmarks.servers import (
    FLOOR,
    FLOOR_REDIS_URL,
    FLOOR_TRAIL,
    OURS,
    RedisServer,
    WebServer,
    web_server,
)
from tests.ports import free_ports

PEOPLE = 300
ASKED = 5
"""Service providers that ask in turn, where it is not their number that is measured."""

WORKERS = 2
PAIRS = 21
COUNT = 200
BOUND = 1.75
AIM = 2.0
"""Times the bare signatures and the bare server: at most twice."""
BOUND_OF_BARE = 2.5  # where others take the processor's cache, a run may cost half as much again (memory_walk.py)

FEW, MANY = 100, 10_000
GROWTH_BOUND = 1.2
GROWTH_BOUND_OF_ALL = 1.5
"""When each that asks has been forgotten since: the aim is the same as where a few ask."""

REMEMBERED = 1_000  # applications that a worker remembers (relying_parties/registry/registry.py)


@dataclass(frozen=True, slots=True)
class Warm:
    """A person whose session is open, in front of a service provider."""

    cookie: str
    provider: ServiceProvider


def measure(folder: Path, redis: RedisServer) -> list[Verdict]:
    return [*_cost(folder, redis), *_growth(folder, redis)]


def _cost(folder: Path, redis: RedisServer) -> list[Verdict]:
    ours_at, floor_at = free_ports(2)
    with ExitStack() as held:
        population = Population(folder / "saml", port=ours_at, redis_url=redis.url, accounts=PEOPLE)
        held.callback(population.close)
        floor_environment = population.environment | {
            FLOOR_REDIS_URL: redis.url,
            FLOOR_TRAIL: str(empty_trail(folder / "saml-floor")),
        }
        signed = population.service_providers("signed", ASKED)
        encrypted = population.service_providers("encrypted", ASKED, encrypted=True)
        log = folder / "web.log"
        ours = held.enter_context(web_server(OURS, ours_at, population.environment, log, workers=WORKERS))
        floor = held.enter_context(web_server(FLOOR, floor_at, floor_environment, log, workers=WORKERS))
        verdicts = []
        for what, providers, path in (
            ("signed", signed, "/saml"),
            ("signed and encrypted", encrypted, "/saml-encrypted"),
        ):
            journey = sign_on(warm(population, providers))
            travel(journey, ours_at, PEOPLE * WORKERS * 2)
            bare = path.replace("/saml", "/saml-signatures")
            beside_all = compare(
                _side(ours, redis, journey), _side(floor, redis, least(path)), pairs=PAIRS, count=COUNT
            )
            beside_bare = compare(
                _side(ours, redis, journey), _side(floor, redis, least(bare)), pairs=PAIRS, count=COUNT
            )
            verdicts.append(beside_all.verdict(f"SAML SSO, {what}: times its floor", BOUND))
            verdicts.append(
                beside_bare.verdict(f"SAML SSO, {what}: times bare signatures, nothing kept", BOUND_OF_BARE, aim=AIM)
            )
    return verdicts


def _growth(folder: Path, redis: RedisServer) -> list[Verdict]:
    """The same number of service providers asks in both; then as many as are registered, each in turn."""
    few_at, many_at = free_ports(2)
    with ExitStack() as held:
        sides: dict[str, Side] = {}
        for name, port, registered in (("few", few_at, FEW), ("many", many_at, MANY)):
            population = Population(folder / name, port=port, redis_url=redis.url, accounts=PEOPLE)
            held.callback(population.close)
            empty = population.disk()
            providers = population.service_providers("provider", registered)
            row = (population.disk() - empty) / registered
            population.met(_pairs(population, providers))
            server = held.enter_context(web_server(OURS, port, population.environment, folder / "web.log", workers=1))
            active = providers[:: registered // FEW]
            sides[name] = _side(server, redis, sign_on(warm(population, active)))
            sides[name].run(PEOPLE * 2)
            if name == "many":
                sides["all"] = _side(server, redis, sign_on(warm(population, providers)))
                remembered = _memory(population, providers[:REMEMBERED])
        same_active = compare(sides["many"], sides["few"], pairs=PAIRS, count=COUNT)
        all_active = compare(sides["all"], sides["few"], pairs=PAIRS, count=COUNT)
    return [
        same_active.verdict(f"SAML SSO, {MANY:,} service providers, {FEW} of them asking: times {FEW}", GROWTH_BOUND),
        all_active.verdict(
            f"SAML SSO, {MANY:,} service providers, all asking in turn: times {FEW}",
            GROWTH_BOUND_OF_ALL,
            aim=GROWTH_BOUND,
        ),
        Verdict(
            what="memory of a worker for each service provider that it remembers",
            measured=remembered,
            bound=None,
            unit="kB",
            detail=f"{REMEMBERED:,} at most are remembered; the others are rows, of {row:.1f} kB less their metadata",
        ),
    ]


def _memory(population: Population, providers: tuple[ServiceProvider, ...]) -> float:
    """kB of objects for each, by Python's own count: of a worker's pages other things come and go meanwhile."""
    registry = population.services.registry
    registry.by_entity_id("https://nobody.example/saml")  # the first question costs more, for any entity
    tracemalloc.start()
    try:
        at_first, _ = tracemalloc.get_traced_memory()
        for provider in providers:
            assert registry.by_entity_id(provider.entity_id) is not None
        gc.collect()
        return (tracemalloc.get_traced_memory()[0] - at_first) / len(providers) / 1000
    finally:
        tracemalloc.stop()


def sign_on(visits: InTurn[Warm]) -> Journey:
    """A person with a session opens one more application: its AuthnRequest by redirect, our Response by POST."""

    def journey(line: Line) -> None:
        visit = visits()
        signed_on(line.get(f"/saml/sso?{authn_request(visit.provider)}", f"Cookie: __Host-idp-session={visit.cookie}"))

    return journey


def signed_on(page: Answer) -> None:
    """What came is the page that posts a Response."""
    assert b'name="SAMLResponse"' in page.expect(200).body, page.body[:2000]


def authn_request(provider: ServiceProvider) -> str:
    """The query of a request that has never been made before."""
    message = (
        '<samlp:AuthnRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol"'
        ' xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"'
        f' ID="_{token_hex(20)}" Version="2.0" IssueInstant="{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"'
        f' AssertionConsumerServiceURL="{provider.consumer_url}"'
        ' ProtocolBinding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST">'
        f"<saml:Issuer>{provider.entity_id}</saml:Issuer></samlp:AuthnRequest>"
    )
    deflated = zlib.compress(message.encode(), wbits=-15)
    return urlencode({"SAMLRequest": b64encode(deflated), "RelayState": "r" * 40})


def least(path: str) -> Journey:
    """The floor's."""

    def journey(line: Line) -> None:
        line.get(f"{path}?" + "a" * 600, f"Cookie: __Host-idp-session={'s' * 24}.{'s' * 43}").expect(200)

    return journey


def warm(population: Population, providers: tuple[ServiceProvider, ...]) -> InTurn[Warm]:
    cookies = {visit.person.account_id: visit.cookie for visit in population.visits(population.people)}
    return InTurn([Warm(cookies[person.account_id], provider) for person, provider in _pairs(population, providers)])


def _pairs(population: Population, providers: tuple[ServiceProvider, ...]) -> list[tuple[Person, ServiceProvider]]:
    """Each person and each provider at least once."""
    people = population.people
    return [
        (people[number % len(people)], providers[number % len(providers)])
        for number in range(max(len(people), len(providers)))
    ]


def _side(server: WebServer, redis: RedisServer, journey: Journey) -> Side:
    return Side(
        run=lambda count: travel(journey, server.port, count),
        spent=lambda: server.cpu() + redis.cpu(),
    )
