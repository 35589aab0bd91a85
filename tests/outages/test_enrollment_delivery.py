"""A decision is delivered once: exactly one account and one letter, whichever process or server is killed meanwhile.

The identity provider, enrollment and the mail server are real, each on its own port.
"""

import email
import email.policy
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import psutil
import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import func, select, update

from config.jobs import Job
from config.sql.database import Database
from enrollment.container import Services
from enrollment.delivery.outbox import Delivery, DeliveryState
from enrollment.offer import Offer
from enrollment.office.decision import Accept, Decision
from enrollment.office.operators import HeldRole, Operator, Role
from enrollment.requests.models import EnrollmentRequest
from enrollment.requests.requests import parts_of
from enrollment.requests.vocabulary import PartKind
from idp.accounts.operator_roles import HeldRole as RoleAtIdp
from idp.accounts.operator_roles import OperatorRoleName
from idp.container.services import Services as IdpServices
from tests.actors.caller import write_secret
from tests.actors.identity_provider import Operator as OperatorOfIdp
from tests.builders.enrollment import a_part, a_request
from tests.builders.operators import OPERATOR
from tests.fixtures.region import CAMILLE
from tests.outages.enrollment_service import Served
from tests.outages.service import Service
from tests.ports import free_port
from tests.processes import until

AGAIN_WITHIN = 120.0  # seconds: retries wait 10 s, then 20 s, then 40 s


@dataclass(slots=True)
class MailServer:
    """A mail server that can be killed and started again on its port; what it has accepted stays."""

    port: int = field(default_factory=free_port)
    accepted: list[EmailMessage] = field(default_factory=list)
    cuts_after_accepting: int = 0
    _running: Controller | None = None

    def start(self) -> None:
        self._running = Controller(self, hostname="127.0.0.1", port=self.port)
        self._running.start()

    def kill(self) -> None:
        if self._running is not None:
            self._running.stop(no_assert=True)
            self._running = None

    async def handle_DATA(self, server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        self.accepted.append(email.message_from_bytes(envelope.content, policy=email.policy.default))  # type: ignore[arg-type]
        if self.cuts_after_accepting:
            self.cuts_after_accepting -= 1
            server.transport.abort()
        return "250 OK"


@dataclass(slots=True)
class Region:
    """The three servers, with what an operator of each sees."""

    idp: Service
    enrollment: Served
    mail: MailServer
    at_idp: OperatorOfIdp
    services: Services
    camille: Operator
    offer: Offer

    def accepts(self, *, before_deciding: Callable[[], None] = lambda: None) -> str:
        """A request for an account and Onco Centre is accepted by Camille; its identifier."""
        before_deciding()
        with self.services.database.transaction() as session:
            parts = [a_part(PartKind.ACCOUNT), a_part(PartKind.APPLICATION, "perinat")]
            request_id = a_request(session, parts=parts).id
        with self.services.database.transaction() as session:
            request = session.get_one(EnrollmentRequest, request_id)
            accepted = {part.id: Accept() for part in parts_of(session, request_id)}
            decision = Decision(version=request.version, parts=accepted)
        self.services.decisions.decide(request_id, decision, operator=self.camille, offer=self.offer)
        return request_id

    def delivery(self, request_id: str) -> Delivery:
        [found] = self.services.outbox.of_request(request_id)
        return found

    def wait_until_delivered(self, request_id: str) -> Delivery:
        def delivered() -> bool:
            return self.delivery(request_id).state is DeliveryState.DELIVERED

        until(delivered, within=AGAIN_WITHIN, what="the delivery")
        return self.delivery(request_id)

    def wait_until_a_call_is_under_way(self) -> None:
        """Until the jobs of enrollment have a connection to the identity provider."""
        jobs = self.enrollment.child("enrollment.commands")

        def connected() -> bool:
            with suppress(psutil.Error):
                return any(each.raddr and each.raddr.port == self.idp.port for each in jobs.net_connections("tcp"))
            return False

        until(connected, what="a call to the identity provider")

    @contextmanager
    def idp_that_is_silent(self) -> Iterator[None]:
        """For the block, the identity provider accepts connections and answers nothing."""
        servers = self.idp.children("idp.wsgi")
        held = [process for server in servers for process in (*server.children(recursive=True), server)]
        for process in held:
            process.suspend()
        try:
            yield
        finally:
            for process in held:
                with suppress(psutil.NoSuchProcess):
                    process.resume()

    def one_account_and_one_letter(self, request_id: str) -> None:
        delivery = self.wait_until_delivered(request_id)
        until(lambda: self.mail.accepted, within=AGAIN_WITHIN, what="the letter")
        until(lambda: not waiting_letters(self), within=AGAIN_WITHIN, what="an empty queue of letters")
        assert delivery.result is not None
        assert delivery.result["username"] == "edaubrac"
        assert self.at_idp.services.accounts.by_username("edaubrac") is not None
        assert self.at_idp.services.accounts.by_username("edaubrac2") is None
        assert self.at_idp.trail().count("request.provisioned") == 1
        assert {letter["Message-ID"] for letter in self.mail.accepted} == {delivery.result["letter"]}


def waiting_letters(region: Region) -> int:
    with region.at_idp.services.database.reading() as connection:
        return connection.scalar(select(func.count()).select_from(Job.__table__).where(Job.kind == "letter")) or 0


@pytest.fixture
def region(new_service: Any, tmp_path: Path) -> Iterator[Region]:
    mail = MailServer()
    mail.start()
    shared = str(write_secret(tmp_path))
    by_smtp = {
        "mail_transport": "smtp",
        "mail_from": "ne-pas-repondre@exemple.test",
        "smtp_host": "localhost",
        "smtp_port": str(mail.port),
        "smtp_security": "none",
    }
    idp = new_service(enrollment_secret_file=shared, **by_smtp).start()
    folder = tmp_path / "enrollment"
    folder.mkdir(mode=0o700)
    enrollment = Served(folder, {"idp_issuer": idp.issuer, "idp_secret_file": shared, **by_smtp}).start()
    databases = []
    try:
        enrollment.wait_until_ready()
        databases = [Database.open(idp.settings), Database.open(enrollment.settings)]
        at_idp = OperatorOfIdp(services=idp_services(idp, databases[0]))
        services = Services.of(enrollment.settings, databases[1])
        yield Region(
            idp=idp,
            enrollment=enrollment,
            mail=mail,
            at_idp=at_idp,
            services=services,
            camille=an_approver(at_idp),
            offer=services.offers.current(),
        )
    finally:
        for database in databases:
            database.close()
        enrollment.kill()
        mail.kill()


def idp_services(idp: Service, database: Database) -> Any:
    return IdpServices.of(idp.settings, database)


def an_approver(at_idp: OperatorOfIdp) -> Operator:
    """Camille approves everything: the identity provider knows it, and enrollment was told so when she signed in."""
    at_idp.creates(CAMILLE)
    at_idp.services.operators.grant(CAMILLE.login, RoleAtIdp(OperatorRoleName.APPROVER), actor=OPERATOR)
    snapshot = at_idp.services.accounts.by_username(CAMILLE.login)
    assert snapshot is not None
    subject = at_idp.services.subjects.sub_for(snapshot.account_id)
    held = frozenset({HeldRole(role=Role.APPROVER)})
    return Operator(subject=subject, name=CAMILLE.name, username=CAMILLE.login, email=CAMILLE.email, roles=held)


def test_the_identity_provider_killed_between_acceptance_and_delivery(region: Region) -> None:
    request = region.accepts(before_deciding=region.idp.kill)
    until(lambda: region.delivery(request).attempts, what="an attempt")
    assert region.delivery(request).state is DeliveryState.WAITING
    region.idp.start()
    region.one_account_and_one_letter(request)


def test_the_identity_provider_killed_while_it_is_called(region: Region) -> None:
    with region.idp_that_is_silent():
        request = region.accepts()
        region.wait_until_a_call_is_under_way()
        region.idp.kill()
    region.idp.start()
    region.one_account_and_one_letter(request)


def test_enrollment_killed_before_it_reads_the_answer(region: Region) -> None:
    """The identity provider has done it, and enrollment does not know: it calls again, and gets the same answer."""
    with region.idp_that_is_silent():
        request = region.accepts()
        region.wait_until_a_call_is_under_way()
        region.enrollment.child("enrollment.commands").suspend()
    until(lambda: region.at_idp.services.accounts.by_username("edaubrac"), what="the account")
    assert region.delivery(request).state is DeliveryState.WAITING
    region.enrollment.kill()
    with region.services.database.transaction() as session:  # ten minutes later: the killed job's lease has ended
        session.execute(update(Job).values(leased_until=datetime.now(UTC)))
    region.enrollment.start()
    region.one_account_and_one_letter(request)


def test_the_mail_server_killed_between_acceptance_and_delivery(region: Region) -> None:
    request = region.accepts(before_deciding=region.mail.kill)
    region.wait_until_delivered(request)
    assert waiting_letters(region) == 1
    region.mail.start()
    region.one_account_and_one_letter(request)


def test_a_mail_server_that_dies_after_it_said_yes_gets_the_same_letter_again(region: Region) -> None:
    """It cannot be known whether it had accepted: the letter has the same Message-ID, by which mailboxes tell."""
    region.mail.cuts_after_accepting = 1
    request = region.accepts()
    until(lambda: len(region.mail.accepted) == 2, within=AGAIN_WITHIN, what="the letter again")
    region.one_account_and_one_letter(request)
