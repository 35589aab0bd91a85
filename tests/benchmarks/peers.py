"""The same SAML sign-in by an identity provider of other people's, beside ours and in the same run.

SimpleSAMLphp as Debian has it, under Apache's PHP module, with PHP's opcode cache. It keeps less than we do: no audit
trail, nothing on disk but PHP's sessions and its log, no record of the requests it has answered.
"""

import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from string import Template

import psutil

from tests.benchmarks.comparison import Comparison, Side, compare
from tests.benchmarks.http_line import Line
from tests.benchmarks.journeys import InTurn, Journey, travel
from tests.benchmarks.population import Population, ServiceProvider
from tests.benchmarks.report import Verdict
from tests.benchmarks.saml import ASKED, PEOPLE, WORKERS, authn_request, sign_on, signed_on, warm
from tests.benchmarks.servers import OURS, RedisServer, web_server
from tests.interop.apache import MODULES, a_folder, an_apache
from tests.interop.key_pairs import make_key_pair
from tests.interop.simplesamlphp_sp import CONFIGURATION as INSTALLED_FOR_TESTS
from tests.interop.simplesamlphp_sp import NEEDED
from tests.ports import free_port, free_ports
from tests.processes import until

CONFIGURATION = Path(__file__).parent / "simplesamlphp"
INSTALLED = INSTALLED_FOR_TESTS / "config.php"
PAIRS = 7
COUNT = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """Apache with SimpleSAMLphp: where it listens, and its processes."""

    port: int
    main: psutil.Process

    def cpu(self) -> float:
        """Seconds of CPU so far, those of processes that have ended included."""
        own = self.main.cpu_times()
        living = [child.cpu_times() for child in self.main.children(recursive=True)]
        ended = own.children_user + own.children_system
        return float(own.user + own.system + ended + sum(times.user + times.system for times in living))


def measure(folder: Path, redis: RedisServer) -> list[Verdict]:
    """Ours costs at most what the peer's does; how much less is what is told."""
    return [
        _beside(folder / what, redis, encrypts=encrypts).verdict(f"SAML SSO, {what}: times SimpleSAMLphp", 1.0)
        for what, encrypts in (("signed", False), ("signed and encrypted", True))
    ]


def _beside(folder: Path, redis: RedisServer, *, encrypts: bool) -> Comparison:
    with ExitStack() as held:
        [ours_at] = free_ports(1)
        population = Population(folder, port=ours_at, redis_url=redis.url, accounts=PEOPLE)
        held.callback(population.close)
        providers = population.service_providers("ours", ASKED, encrypted=encrypts)
        log = folder.parent / "web.log"
        ours = held.enter_context(web_server(OURS, ours_at, population.environment, log, workers=WORKERS))
        peer = held.enter_context(_a_peer(encrypts=encrypts))
        our_journey, peer_journey = sign_on(warm(population, providers)), _sign_on(_sessions(peer))
        travel(our_journey, ours.port, PEOPLE * WORKERS * 2)
        travel(peer_journey, peer.port, PEOPLE)
        return compare(
            Side(run=lambda count: travel(our_journey, ours.port, count), spent=lambda: ours.cpu() + redis.cpu()),
            Side(run=lambda count: travel(peer_journey, peer.port, count), spent=peer.cpu),
            pairs=PAIRS,
            count=COUNT,
        )


@contextmanager
def _a_peer(*, encrypts: bool) -> Iterator[Peer]:
    php = next(MODULES.glob("libphp*.so"), None)
    assert NEEDED.exists(), f"{NEEDED} is missing: `make debian` installs it"
    assert php, f"{MODULES} lacks PHP's module: `make debian` installs it"
    with a_folder("peer") as folder:
        port = free_port()
        for name in ("signs", "encrypts"):
            make_key_pair(folder, name)
        (folder / "salt").write_text(secrets.token_hex(32), encoding="ascii")
        for name in ("tmp", "www", "sessions"):
            (folder / name).mkdir()
        shutil.copy(INSTALLED, folder / "installed.php")
        for file in CONFIGURATION.glob("*.php"):
            shutil.copy(file, folder)
        directives = Template((CONFIGURATION / "apache.conf").read_text(encoding="utf-8")).substitute(
            folder=folder, url=f"http://127.0.0.1:{port}", providers=ASKED, encrypts="yes" if encrypts else "no"
        )
        with an_apache(folder, port=port, modules={"php_module": php.name}, directives=directives):
            pid = until(lambda: (folder / "apache.pid").exists() and (folder / "apache.pid").read_text())
            yield Peer(port=port, main=psutil.Process(int(pid)))


@dataclass(frozen=True, slots=True)
class _Session:
    cookies: str
    provider: ServiceProvider


def _sessions(peer: Peer) -> InTurn[_Session]:
    """As many sessions as there are people in ours, each opened by a first sign-in."""
    line = Line(peer.port)
    sessions = []
    for number in range(PEOPLE):
        provider = ServiceProvider(
            identifier=f"peer-{number % ASKED}",
            entity_id=f"https://peer-{number % ASKED}.example/saml",
            consumer_url=f"https://peer-{number % ASKED}.example/saml/acs",
        )
        opened = line.get(_asked(provider)).expect(200)
        given = dict(re.findall(r"(?im)^set-cookie: ([^=\s]+)=([^;\s]+)", opened.head))
        sessions.append(_Session("; ".join(f"{name}={value}" for name, value in given.items()), provider))
    line.close()
    return InTurn(sessions)


def _sign_on(sessions: InTurn[_Session]) -> Journey:
    def journey(line: Line) -> None:
        session = sessions()
        signed_on(line.get(_asked(session.provider), f"Cookie: {session.cookies}"))

    return journey


def _asked(provider: ServiceProvider) -> str:
    return "/simplesamlphp/saml2/idp/SSOService.php?" + authn_request(provider)
