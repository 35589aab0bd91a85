"""A PostgreSQL primary lost while people log in: 503 until a standby is promoted, then service again by itself.

And a PgBouncer in transaction mode between us and the database, in ordinary times.
"""

import json
import time

import pytest

from config.redis.connection import socket_url
from config.sql.database import Database
from idp.container.services import Services
from tests.actors.browser import Professional
from tests.actors.identity_provider import Operator
from tests.fixtures.services_postgresql import pgbouncer, standby_of, start_postgresql
from tests.outages.logins import Logins
from tests.outages.test_stores_away import Visit, furnished_dcc
from tests.processes import allowance, until

pytestmark = pytest.mark.postgresql

BACK_WITHIN = 15.0  # seconds after the promotion
NAMES = [("aleroy", "Alice"), ("bleroy", "Bastien"), ("cleroy", "Claire"), ("dleroy", "Denis")]


@pytest.fixture
def primary():
    with start_postgresql() as server:
        yield server


@pytest.fixture
def standby(primary):
    with standby_of(primary) as server:
        yield server


def four_people(service):
    database = Database.open(service.settings)
    operator = Operator(services=Services.of(service.settings, database))
    people = [
        operator.creates(Professional(login, "Verger-Ancien-64!", given, "Leroy"), entitled_to=("dcc",))
        for login, given in NAMES
    ]
    database.close()
    return people


def messages(service):
    """Of the stores, in the journal of every process of the service."""
    lines = [json.loads(line) for line in service.log.splitlines() if line.startswith("{")]
    return [(line["level"], line["component"]) for line in lines if line["logger"] == "poterne.stores"]


def test_logins_go_on_with_the_promoted_standby(new_service, primary, standby, redis_socket):
    url = f"postgresql+psycopg://postgres@/postgres?host={primary.folder}&host={standby.folder}"
    service = new_service(empty=True, database_url=url, redis_url=socket_url(redis_socket))
    dcc = furnished_dcc(service)
    people = four_people(service)
    service.start()
    most = BACK_WITHIN + allowance(lambda: service.anyone().visits(dcc.asks()))
    logins = Logins(service, dcc)
    with logins.going_on(people) as told:
        primary.stop()
        until(lambda: not service.is_ready(), what="the outage")
        answer = service.anyone().asks(f"{service.issuer}/health/ready")
        assert answer.status_code == 503
        standby.promote()
        promoted = time.monotonic()
        until(service.is_ready, what="readiness")
        logins.wait_for_more(8, within=60)
        took = time.monotonic() - promoted
    assert told.faults == []
    assert took < most
    assert max(told.redeemed.values()) == 1
    assert messages(service) == [("WARNING", "database"), ("INFO", "database")]
    service.stop()


def test_postgresql_away_is_one_line_and_back_another(new_service, primary, redis_socket, jeanne):
    service = new_service(empty=True, database_url=primary.address(), redis_url=socket_url(redis_socket))
    dcc = furnished_dcc(service)
    visit = Visit(service.start(), dcc, jeanne)
    primary.stop()
    try:
        for _ in range(8):  # whichever worker answers
            assert visit._health("ready") == 503
        visit.assert_nobody_logs_in()
        told = service.anyone().asks(f"{service.issuer}/health/ready").get_json()
        assert told["components"]["database"] == {"state": "away"}
        assert told["components"]["redis"]["state"] == "ready"
    finally:
        primary.start()
    visit.assert_service_again()
    assert messages(service) == [("WARNING", "database"), ("INFO", "database")]
    service.stop()


def test_people_log_in_through_pgbouncer(new_service, primary, redis_socket):
    """Forty logins from four threads over four sessions of the server."""
    with pgbouncer(primary) as folder:
        url = f"postgresql+psycopg://postgres@/postgres?host={folder}"
        service = new_service(empty=True, database_url=url, redis_url=socket_url(redis_socket))
        dcc = furnished_dcc(service)
        people = four_people(service)
        service.start()
        logins = Logins(service, dcc, redemptions_at_once=1)
        with logins.going_on(people) as told:
            logins.wait_for_more(40, within=120)
        assert told.faults == []
        assert told.unanswered == 0
        assert len(told.redeemed) == len(told.codes)
        service.stop()
