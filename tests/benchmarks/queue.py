"""What must not grow: the time of the operators' queue, however many requests there are, on SQLite and PostgreSQL."""

import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert, text

from config.settings_reader import read
from config.sql.database import SQLITE_FILE, Database
from enrollment.migrations import MIGRATIONS
from enrollment.requests.models import EnrollmentRequest, RequestPart
from enrollment.requests.person import searched_name
from enrollment.requests.states import RequestState
from enrollment.requests.vocabulary import PartDecision, PartKind, RequestKind
from enrollment.settings import EnrollmentSettings
from enrollment.sign_in.person import SignedInPerson
from enrollment.sign_in.provider import SignIn
from tests.actors.enrollment import running
from tests.actors.server import Said, a_server
from tests.benchmarks.comparison import Side, compare
from tests.benchmarks.report import Verdict
from tests.benchmarks.servers import RedisServer
from tests.builders.enrollment import a_person
from tests.builders.offer import OFFER
from tests.fixtures.services_postgresql import start_postgresql

FEW, MANY = 100, 10_000
BOUND = 1.5
PAIRS, COUNT = 7, 5
ADDRESS = "http://127.0.0.1:8401"
PAGES = {
    "the first page": "/office",
    "a search by name": "/office?q=Dupont7",
    "a search by number": "/office?q=99700000007",
    "those of a community": "/office?community=onco-centre",
}
Visit = Callable[[str], None]


def measure(folder: Path, redis: RedisServer) -> list[Verdict]:
    verdicts = []
    with ExitStack() as held:
        server = held.enter_context(start_postgresql())
        issuer = held.enter_context(an_identity_provider())
        for product in ("SQLite", "PostgreSQL"):
            visits: dict[int, Visit] = {}
            for count in (FEW, MANY):
                data = folder / f"{product}-{count}"
                data.mkdir(mode=0o700)
                address = f"sqlite:///{data / SQLITE_FILE}"
                if product == "PostgreSQL":
                    address = held.enter_context(server.empty_database(f"queue_{count}"))
                fill(address, count)
                visits[count] = held.enter_context(an_operator(data, redis, address, issuer))
            for what, page in PAGES.items():
                many, few = (_side(visits[count], page) for count in (MANY, FEW))
                compared = compare(many, few, pairs=PAIRS, count=COUNT)
                said = f"queue of {MANY:,}, {what}, {product}: elapsed, times {FEW}"
                verdicts.append(compared.verdict(said, BOUND))
    return verdicts


@contextmanager
def an_identity_provider() -> Iterator[str]:
    """The address of one that answers with the offer of an invented region."""
    with a_server() as server:
        server.says = lambda _asked: Said(status=200, content_type="application/json", body=json.dumps(OFFER).encode())
        yield server.address


@contextmanager
def an_operator(data: Path, redis: RedisServer, address: str, issuer: str) -> Iterator[Visit]:
    """What visits a page of enrollment over this database, as an approver."""
    secret_file = data / "interface.txt"
    secret_file.touch(0o600)
    secret_file.write_text("secret\n", encoding="ascii")
    given = {
        "environment": "development", "address": ADDRESS, "idp_issuer": issuer, "idp_secret_file": str(secret_file),
        "mail_transport": "folder",
        "data_folder": str(data), "redis_url": redis.url, "database_url": address if "postgresql" in address else "",
    }  # fmt: skip
    with running(read(EnrollmentSettings, file=None, variables={}, given=given)) as enrollment:
        person = SignedInPerson(
            subject=f"operator-{os.urandom(8).hex()}", sid="", name="Camille Ferrand", username="cferrand",
            email="cferrand@exemple.test", roles=frozenset({"approver"}), communities=frozenset(),
        )  # fmt: skip
        secret = enrollment.services.sign_ins.open(SignIn(person=person, id_token="", issued_at=0.0))
        client = enrollment.app.test_client(use_cookies=False)
        headers = {"Cookie": f"__Host-enrollment-session={secret}"}

        def visit(page: str) -> None:
            response = client.get(page, base_url=ADDRESS, headers=headers)
            if response.status_code != 200:
                raise RuntimeError(f"{page} answered {response.status_code}")

        yield visit


def fill(address: str, count: int) -> None:
    """Make a database with `count` requests that wait: a third asks for Onco Centre, a fifth is assigned."""
    database = Database.at(address)
    MIGRATIONS.migrate(database)
    began = datetime.now(UTC) - timedelta(days=4)
    requests, parts = [], []
    for number in range(count):
        request = _request(number, began + timedelta(seconds=30 * number))
        requests.append(request)
        wanted = [(PartKind.ACCOUNT, "")] + [(PartKind.COMMUNITY, "onco-centre")] * (number % 3 == 0)
        parts += [_part(f"{number:030x}{at:02x}", request["id"], *part) for at, part in enumerate(wanted)]
    with database.transaction() as session:
        session.execute(insert(EnrollmentRequest), requests)
        session.execute(insert(RequestPart), parts)
    with database.transaction() as session:
        session.execute(text("ANALYZE"))
    database.close()


def _request(number: int, sent: datetime) -> dict[str, Any]:
    person = a_person(
        family_name=f"Dupont{number}", given_name="Jeanne", birth_name="", rpps=f"997{number:08d}",
        email=f"person{number}@exemple.test",
        folded_name=searched_name(family_name=f"Dupont{number}", given_name="Jeanne", birth_name=""),
    )  # fmt: skip
    return person | {
        "id": f"{number:032x}",
        "reference": f"INS-2026-{number:06d}",
        "kind": RequestKind.FIRST_ACCOUNT,
        "state": RequestState.PENDING,
        "language": "fr",
        "created_at": sent,
        "changed_at": sent,
        "submitted_at": sent,
        "email_verified_at": sent,
        "assigned_to": "sub-of-hugo" if number % 5 == 0 else None,
    }


def _part(identifier: str, request_id: str, kind: PartKind, name: str) -> dict[str, Any]:
    return {
        "id": identifier, "request_id": request_id, "kind": kind, "name": name, "decision": PartDecision.OPEN,
    }  # fmt: skip


def _side(visit: Visit, page: str) -> Side:
    def run(count: int) -> None:
        for _ in range(count):
            visit(page)

    return Side(run=run, spent=time.monotonic)
