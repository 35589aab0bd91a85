"""A decision reaches the identity provider exactly once (enrollment/delivery/outbox.py)."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from click.testing import CliRunner

from enrollment.delivery.commands import delivery
from enrollment.delivery.outbox import DeliveryState, NoSuchDelivery
from enrollment.requests.models import EnrollmentRequest, RequestPart
from enrollment.requests.states import RequestState
from enrollment.requests.vocabulary import PartDecision, PartKind, RequestKind
from tests.actors.enrollment import Enrollment, running
from tests.actors.server import Received, Said, Server, a_server
from tests.builders.enrollment import a_part, a_request

CAMILLE = "sub-of-camille"
HOUR = timedelta(hours=1)


@pytest.fixture
def idp() -> Iterator[Server]:
    """An identity provider that opens an account for each new person."""
    with a_server() as server:
        server.says = provisioned
        yield server


def provisioned(_: Received) -> Said:
    answer = {"username": "edaubrac", "account": "account-1", "letter": "<1@exemple.test>"}
    return Said(status=201, content_type="application/json", body=json.dumps(answer).encode())


def refused(_: Received) -> Said:
    problem = {"title": "Forbidden", "detail": "the operator does not answer for application:dcc"}
    return Said(status=403, content_type="application/problem+json", body=json.dumps(problem).encode())


@pytest.fixture
def service(enrollment: Enrollment, idp: Server, tmp_path) -> Iterator[Enrollment]:
    secret = tmp_path / "secret"
    secret.touch(0o600)
    secret.write_text("s" * 43, encoding="utf-8")
    with running(replace(enrollment.settings, idp_issuer=idp.address, idp_secret_file=secret)) as started:
        yield started


def accepted_parts() -> list[RequestPart]:
    until = datetime(2027, 12, 31, 23, tzinfo=UTC)
    return [
        a_part(PartKind.ACCOUNT, decision=PartDecision.ACCEPTED),
        a_part(PartKind.COMMUNITY, "onco-centre", decision=PartDecision.ACCEPTED, reason="Avec le DCC."),
        a_part(PartKind.APPLICATION, "dcc", decision=PartDecision.ACCEPTED, role="doctor", ends_at=until),
    ]


def decide(service: Enrollment, **named: Any) -> str:
    """A request all of whose parts are accepted; its identifier."""
    parts = accepted_parts()
    with service.services.database.transaction() as session:
        usual = {"closed_at": None, "target_application": "dcc"}
        request = a_request(session, RequestState.DECIDED, parts=parts, **(usual | named))
        service.services.outbox.queue(session, request, parts, operator=CAMILLE, words="Bienvenue.")
        return request.id


def bodies(idp: Server) -> list[dict[str, Any]]:
    return [json.loads(each.body) for each in idp.received]


def deliveries(service: Enrollment, request: str) -> list[DeliveryState]:
    return [each.state for each in service.services.outbox.of_request(request)]


def test_the_body_has_the_person_what_was_accepted_and_who_decided(service, idp):
    request = decide(service)
    service.services.deliveries.run_due()

    [sent] = idp.received
    assert (sent.method, sent.path) == ("PUT", f"/api/provisionings/{request}/1")
    body = json.loads(sent.body)
    assert (body["operator"], body["words"], body["continue_to"]) == (CAMILLE, "Bienvenue.", "dcc")
    assert body["communities"] == [
        {"name": "onco-centre", "role": None, "starts_at": None, "ends_at": None, "reason": "Avec le DCC."}
    ]
    assert body["entitlements"] == [
        {"client_id": "dcc", "role": "doctor", "starts_at": None, "ends_at": "2027-12-31T23:00:00Z", "reason": ""}
    ]
    new = body["account"]["new"]
    assert (new["given_name"], new["family_name"], new["birth_name"]) == ("Éloïse", "d’Aubrac", "Villemont")
    assert new["identifiers"] == [{"kind": "rpps", "value": "99700123450", "proof": "typed"}]
    assert new["conditions"]["version"] == "1"


@pytest.mark.parametrize(
    ("named", "proof"),
    [
        ({}, "typed"),
        ({"filled_by": {"rpps": "register"}}, "typed"),
        ({"kind": RequestKind.IN_PERSON}, "operator"),
        ({"card_identity": {"national_id": "899700123450"}, "filled_by": {"rpps": "card"}}, "card"),
    ],
)
def test_a_number_says_how_it_was_proven_and_the_register_proves_nothing(service, idp, named, proof):
    decide(service, **named)
    service.services.deliveries.run_due()
    [identifier] = bodies(idp)[0]["account"]["new"]["identifiers"]
    assert identifier["proof"] == proof


def test_once_delivered_the_request_is_closed_and_the_trail_says_so(service, idp):
    request = decide(service)
    service.services.deliveries.run_due()
    service.services.deliveries.run_due()

    assert len(idp.received) == 1
    [delivery] = service.services.outbox.of_request(request)
    assert delivery.state is DeliveryState.DELIVERED
    assert delivery.result == {"username": "edaubrac", "account": "account-1", "letter": "<1@exemple.test>"}
    assert service.trail() == ["request.delivered"]
    with service.services.database.transaction() as session:
        assert session.get_one(EnrollmentRequest, request).closed_at is not None
    assert service.services.outbox.undelivered() == []


def test_while_the_identity_provider_is_unavailable_the_decision_waits_however_long(service, idp):
    request = decide(service)
    idp.says = lambda _: Said(status=503)
    begun = datetime.now(UTC)
    with time_machine.travel(begun, tick=False) as clock:
        for _ in range(30):  # more often than any job is tried
            service.services.deliveries.run_due()
            clock.shift(HOUR)
        assert deliveries(service, request) == [DeliveryState.WAITING]
        idp.says = provisioned
        service.services.deliveries.run_due()
    assert deliveries(service, request) == [DeliveryState.DELIVERED]
    assert all(body == bodies(idp)[0] for body in bodies(idp))


def test_an_answer_that_is_lost_is_asked_for_again_with_the_same_body(service, idp):
    request = decide(service)
    idp.says = lambda _: Said(status=201, content_type="application/json", body=b'{"usern')
    begun = datetime.now(UTC)
    with time_machine.travel(begun, tick=False) as clock:
        service.services.deliveries.run_due()
        idp.says = provisioned
        clock.shift(HOUR)
        service.services.deliveries.run_due()
    assert deliveries(service, request) == [DeliveryState.DELIVERED]
    first, second = bodies(idp)
    assert first == second


def test_what_is_refused_waits_for_an_operator_who_is_told_why(service, idp):
    request = decide(service)
    idp.says = refused
    service.services.deliveries.run_due()

    [delivery] = service.services.outbox.undelivered()
    assert delivery.state is DeliveryState.REFUSED
    assert delivery.last_error == "the operator does not answer for application:dcc"
    assert service.services.deliveries.run_due() == 0

    idp.says = provisioned
    service.services.outbox.retry(delivery.id)
    service.services.deliveries.run_due()
    assert deliveries(service, request) == [DeliveryState.DELIVERED]
    with pytest.raises(NoSuchDelivery):
        service.services.outbox.retry(delivery.id)


def test_a_later_decision_goes_to_the_account_that_the_first_has_opened(service, idp):
    request_id = decide(service)
    late = a_part(PartKind.COMMUNITY, "soins-palliatifs", decision=PartDecision.ACCEPTED)
    with service.services.database.transaction() as session:  # before the first is delivered
        request = session.get_one(EnrollmentRequest, request_id)
        late.request_id = request_id
        session.add(late)
        service.services.outbox.queue(session, request, [late], operator=CAMILLE)
    begun = datetime.now(UTC)
    with time_machine.travel(begun, tick=False) as clock:
        service.services.deliveries.run_due()
        clock.shift(HOUR)
        service.services.deliveries.run_due()
    assert deliveries(service, request_id) == [DeliveryState.DELIVERED] * 2
    assert [body["account"].keys() for body in bodies(idp)] == [{"new"}, {"handle"}]
    assert bodies(idp)[1]["account"] == {"handle": "account-1"}


def test_the_command_lists_what_was_refused_and_sends_it_again(service, idp):
    decide(service)
    idp.says = refused
    service.services.deliveries.run_due()

    def run(*words: str) -> Any:
        return CliRunner().invoke(delivery, words, obj=service.services)

    [listed] = json.loads(run("list", "--json").output)
    assert (listed["state"], listed["last_error"]) == ("refused", "the operator does not answer for application:dcc")
    assert run("retry", "unknown").exit_code != 0
    assert run("retry", listed["id"]).exit_code == 0
    idp.says = provisioned
    service.services.deliveries.run_due()
    assert run("list").output == "Every decision has been delivered.\n"
