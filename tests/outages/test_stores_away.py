"""Redis or the database away: a clear answer, no login let through, and service again by itself with nothing lost."""

import contextlib
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from werkzeug.test import TestResponse

from config.redis.connection import socket_url
from config.sql.database import SQLITE_FILE, Database
from idp.migrations import MIGRATIONS
from tests.actors.application import Application
from tests.actors.browser import Browser, Professional
from tests.fixtures.idp import Furnished, furnish
from tests.fixtures.services import start_redis
from tests.outages.conftest import AT
from tests.outages.service import Service, is_held
from tests.processes import until

AGAIN_WITHIN = 90.0


class Visit:
    """A person with a session, one at the sign-on page, and an application: what an outage meets."""

    def __init__(self, service: Service, dcc: Application, jeanne: Professional) -> None:
        self.service, self.dcc, self.jeanne = service, dcc, jeanne
        self.signed_in: Browser = service.anyone()
        self.answer = dcc.answer(self.signed_in.logs_in(jeanne, to=dcc))
        self.at_the_form: Browser = service.anyone()
        self.at_the_form.visits(dcc.asks())

    def assert_nobody_logs_in(self) -> None:
        """Throttles never fail open: the right password opens nothing while they cannot count."""
        page = self.at_the_form.gives(self.jeanne)
        assert page.status == 503, page
        assert int(page.headers["Retry-After"]) > 0
        assert page.headers["Content-Type"].startswith("text/html")
        assert "momentanément impossible" in page.title, page
        assert not any("session=" in cookie for cookie in self.at_the_form.exchanges[-1].cookies_set)

    def assert_machines_are_told(self) -> None:
        """At once, or once a worker asks the registry again, which it may not for half a second."""
        response = until(self._refusal_of_a_machine, what="a refusal")
        assert response.get_json()["error"] == "temporarily_unavailable"
        assert int(response.headers["Retry-After"]) > 0

    def _refusal_of_a_machine(self) -> TestResponse | None:
        # Not with the code that is kept: whether a code was spent by a request that failed, nobody can say.
        response = self.dcc.redeems(self.answer, code="no-code-of-ours")
        return response if response.status_code == 503 else None

    def assert_it_is_not_ready(self) -> None:
        assert self._health("ready") == 503
        assert self._health("live") == 200

    def assert_service_again(self) -> None:
        """By itself; the code that was not redeemed, the session and the account are still there."""
        until(lambda: self._health("ready") == 200, within=AGAIN_WITHIN, what="readiness")
        assert self.dcc.redeems(self.answer).status_code == 200
        page = self.signed_in.visits(f"{self.service.issuer}/account")
        assert self.jeanne.name in page.text, page
        assert self.dcc.signs_in(self.service.anyone().logs_in(self.jeanne, to=self.dcc))

    def _health(self, what: str) -> int:
        return self.service.anyone().asks(f"{self.service.issuer}/health/{what}").status_code


@contextlib.contextmanager
def redis_held(service: Service) -> Iterator[None]:
    """It is there, and answers nothing."""
    redis = service.child("redis-server")
    redis.suspend()
    until(lambda: is_held(redis))
    try:
        yield
    finally:
        redis.resume()


def test_the_private_redis_held(service, dcc, jeanne):
    visit = Visit(service, dcc, jeanne)
    with redis_held(service):
        visit.assert_nobody_logs_in()
        visit.assert_machines_are_told()
        visit.assert_it_is_not_ready()
    visit.assert_service_again()


def test_a_redis_of_ones_own_killed_and_back(new_service, furnished, jeanne, tmp_path):
    with contextlib.ExitStack() as running:
        redis = running.enter_context(a_redis(tmp_path))
        service = new_service(redis_url=socket_url(tmp_path / "redis.sock")).start()
        visit = Visit(service, service.application("dcc", furnished.secrets["dcc"], at=AT["dcc"]), jeanne)
        redis.kill()
        redis.wait()

        visit.assert_nobody_logs_in()
        visit.assert_machines_are_told()
        visit.assert_it_is_not_ready()

        running.enter_context(a_redis(tmp_path))
        visit.assert_service_again()


@contextlib.contextmanager
def a_redis(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """One that keeps what it is told in an append-only file, as an installation's own would."""
    server, _ = start_redis(folder, "--appendonly", "yes")
    with server:
        try:
            yield server
        finally:
            server.kill()


@pytest.mark.postgresql
def test_postgresql_stopped_and_started_again(new_service, postgresql, tmp_path, redis_socket, jeanne):
    with postgresql.empty_database("away") as url:
        service = new_service(empty=True, database_url=url, redis_url=socket_url(redis_socket))
        dcc = furnished_dcc(service)
        visit = Visit(service.start(), dcc, jeanne)
        postgresql.stop()
        try:
            visit.assert_nobody_logs_in()
            visit.assert_machines_are_told()
            visit.assert_it_is_not_ready()
        finally:
            postgresql.start()
        visit.assert_service_again()
        service.stop()


def furnished_dcc(service: Service) -> Application:
    database = Database.open(service.settings)
    MIGRATIONS.migrate(database)
    database.close()
    furnished: Furnished = furnish(service.settings)
    return service.application("dcc", furnished.secrets["dcc"], at=AT["dcc"])


def test_sqlite_held_by_another_writer(service, dcc, jeanne):
    """Longer than anyone waits: a backup tool that locks, a shell left open in the middle of a transaction."""
    visit = Visit(service, dcc, jeanne)
    other = sqlite3.connect(service.folder / SQLITE_FILE, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        visit.assert_nobody_logs_in()
        visit.assert_it_is_not_ready()
    finally:
        other.execute("ROLLBACK")
        other.close()
    visit.assert_service_again()


@contextlib.contextmanager
def full_disk(service: Service) -> Iterator[None]:
    """No file of the workers grows: what the database is told of a disk that is full, without filling one."""
    workers = service.workers()
    for worker in workers:
        worker.rlimit(psutil.RLIMIT_FSIZE, (0, psutil.RLIM_INFINITY))
    try:
        yield
    finally:
        for worker in workers:
            worker.rlimit(psutil.RLIMIT_FSIZE, (psutil.RLIM_INFINITY, psutil.RLIM_INFINITY))


def test_a_full_disk_opens_no_session(service, dcc, jeanne):
    """The audit line cannot be written, so the answer does not leave."""
    visit = Visit(service, dcc, jeanne)
    with full_disk(service):
        visit.assert_nobody_logs_in()
    visit.assert_service_again()


@pytest.mark.parametrize("command", ["serve", "migrate", "keys"])
def test_a_folder_that_cannot_be_written_in_is_said_in_a_sentence(new_service, command):
    service = new_service(empty=True, data_folder="/proc/poterne")
    ended = service.begins(*{"keys": ("keys", "list")}.get(command, (command,)))
    _, complained = ended.communicate()
    assert ended.returncode not in (0, None)
    assert "/proc/poterne" in complained
    assert "Traceback" not in complained
