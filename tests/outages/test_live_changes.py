"""What an operator changes is seen on every worker within a second, and without a restart.

Each worker is asked alone, the others being held meanwhile. It has answered before
the change, and so remembers what was.
"""

import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from idp.container.services import capabilities
from relying_parties.registration.toml_registration import read_toml
from tests.actors.identity_provider import Operator
from tests.builders.operators import OPERATOR
from tests.outages.conftest import AT
from tests.outages.service import TREE, Service
from tests.processes import PATIENCE

SEEN_WITHIN = 1.0  # seconds

Looks = Callable[[], object]


class Workers:
    """Those of a service, each asked alone."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._workers = service.workers()
        assert len(self._workers) == 2
        waits = service.anyone(replace(service.wire, patience=PATIENCE))
        for _ in self.each():  # one may still be loading the application
            waits.asks(f"{service.issuer}/health/live")

    def each(self) -> Iterator[None]:
        for worker in self._workers:
            with self._service.answering_alone(worker):
                yield

    def assert_each_sees(self, seen: Looks, *, since: float) -> None:
        """A request that is sent a second after the change, or later, sees it."""
        for _ in self.each():
            while True:
                sent = time.monotonic()
                if seen():
                    break
                assert sent - since < SEEN_WITHIN, "a worker has not seen the change"


@pytest.fixture
def workers(service: Service) -> Workers:
    return Workers(service)


def test_applications_accounts_passwords_and_keys(service, workers, operator, furnished, jeanne, paul, dcc, perinat):
    """One service for all of them, since starting it is what takes time."""
    a_registered_application(service, workers, operator)
    a_suspended_application(service, workers, operator, perinat)
    a_changed_password(service, workers, operator, paul)
    a_disabled_account(service, workers, operator, dcc, jeanne)
    rotated_keys(service, workers, operator)


def a_registered_application(service: Service, workers: Workers, operator: Operator) -> None:
    declared = (TREE / "relying_parties/applications/perinat.toml").read_text(encoding="utf-8")
    for there, here in {'"perinat"': '"messagerie"', "logo =": "# logo ="}.items():
        declared = declared.replace(there, here)
    registration = read_toml(declared, capabilities(service.settings))
    messagerie = service.application("messagerie", "", at=AT["perinat"])

    def is_known() -> bool:
        return service.anyone().asks(messagerie.asks()).status_code == 303

    for _ in workers.each():
        assert not is_known()
    operator.services.registry.declare(registration, actor=OPERATOR)
    workers.assert_each_sees(is_known, since=time.monotonic())


def a_suspended_application(service: Service, workers: Workers, operator: Operator, perinat) -> None:
    def is_refused() -> bool:
        return service.anyone().asks(perinat.asks()).status_code == 400

    for _ in workers.each():
        assert not is_refused()
    operator.suspends(perinat)
    workers.assert_each_sees(is_refused, since=time.monotonic())
    operator.services.registry.resume(perinat.client_id, actor=OPERATOR)


def a_changed_password(service: Service, workers: Workers, operator: Operator, paul) -> None:
    """Sessions opened with the old one are void, and only the new one opens another."""
    browser = service.anyone()
    browser.visits(f"{service.issuer}/account")
    browser.gives(paul)

    def is_out() -> bool:
        return browser.another_tab().asks(f"{service.issuer}/account").status_code == 303

    for _ in workers.each():
        assert not is_out()
    operator.gives_password(paul, f"Nouvelle-{secrets.token_hex(6)}!")
    workers.assert_each_sees(is_out, since=time.monotonic())
    for _ in workers.each():
        again = service.anyone()
        again.visits(f"{service.issuer}/account")
        assert again.gives(paul).asks_for("login", "password"), "the old password opened a session"


def a_disabled_account(service: Service, workers: Workers, operator: Operator, dcc, jeanne) -> None:
    signed_in = dcc.signs_in(service.anyone().logs_in(jeanne, to=dcc))

    def is_void() -> bool:
        return dcc.userinfo(signed_in.access_token).status_code == 401

    for _ in workers.each():
        assert not is_void()
    operator.disables(jeanne)
    workers.assert_each_sees(is_void, since=time.monotonic())


def rotated_keys(service: Service, workers: Workers, operator: Operator) -> None:
    def published() -> set[str]:
        return {key["kid"] for key in service.anyone().asks(f"{service.issuer}/oidc/jwks").get_json()["keys"]}

    before = [published() for _ in workers.each()]
    assert before[0] == before[1]
    operator.rotates_keys()
    workers.assert_each_sees(lambda: published() - before[0], since=time.monotonic())
