"""A person withdraws a request of which a part is accepted already (enrollment/requests/queued.py)."""

import json
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from enrollment.export import StillDelivering, erase
from enrollment.requests.links import add_link
from enrollment.requests.models import EnrollmentRequest
from enrollment.requests.requests import parts_of
from enrollment.requests.states import RequestState
from enrollment.requests.vocabulary import LinkPurpose, PartDecision, PartKind
from tests.actors.server import Said
from tests.builders.enrollment import a_part, a_request
from tests.builders.operators import OPERATOR
from tests.enrollment.delivery.test_outbox import CAMILLE, HOUR, idp, provisioned, refused, service
from tests.enrollment.test_idp_client import OFFER

__all__ = ["idp", "service"]


class Case:
    """A request whose account is accepted, and whose community is not decided yet."""

    def __init__(self, service, idp):
        self.service, self.idp = service, idp
        account = a_part(PartKind.ACCOUNT, decision=PartDecision.ACCEPTED)
        with service.services.database.transaction() as session:
            parts = [account, a_part(PartKind.COMMUNITY, "onco-centre")]
            request = a_request(session, RequestState.PENDING, parts=parts)
            service.services.outbox.queue(session, request, [account], operator=CAMILLE)
            token = add_link(session, request.id, LinkPurpose.STATUS, now=datetime.now(UTC), lifetime=None)
            self.id, self.reference = request.id, request.reference
        self.browser = service.a_browser()
        self.address = f"{service.address}/status/{token}"

    def delivers(self, answers=provisioned, *, later=timedelta(0)):
        """Run the deliveries that are due; the identity provider has the offer, and `answers` its other calls."""

        def says(asked):
            if asked.path == "/api/offer":
                return Said(content_type="application/json", body=json.dumps(OFFER).encode())
            return answers(asked)

        self.idp.says = says
        with time_machine.travel(datetime.now(UTC) + later):
            self.service.services.deliveries.run_due()

    @property
    def calls(self):
        return len([each for each in self.idp.received if each.method == "PUT"])

    def withdraws(self):
        self.browser.visits(f"{self.address}/withdraw")
        return self.browser.submits(self.browser.page.form_of("Retirer ma demande"))

    def erases(self):
        return erase(self.service.services.database, self.service.services.audit, self.reference, actor=OPERATOR)

    @property
    def is_left(self):
        """What its page says besides "withdrawn", how many deliveries there are, and whether the account counts."""
        with self.service.services.database.transaction() as session:
            assert session.get_one(EnrollmentRequest, self.id).state == RequestState.WITHDRAWN
            [account] = [part for part in parts_of(session, self.id) if part.kind == PartKind.ACCOUNT]
            decision = account.decision
        deliveries = [str(each.state) for each in self.service.services.outbox.of_request(self.id)]
        return "Ce qui vous a déjà été accordé" in self.browser.visits(self.address).text, deliveries, decision


NOTHING = (False, [], "open")
KEPT = (True, ["delivered"], "accepted")


@pytest.fixture
def case(service, idp):
    return Case(service, idp)


def test_withdrawn_before_anything_was_sent_nothing_is_ever_sent(case):
    case.withdraws()
    case.delivers()
    case.delivers(later=HOUR)
    assert (case.calls, case.is_left) == (0, NOTHING)


def test_what_was_delivered_before_stays_and_the_page_says_so(case):
    case.delivers()
    assert "Compte de la région" in case.browser.visits(f"{case.address}/withdraw").text
    case.withdraws()
    case.delivers(later=HOUR)
    assert (case.calls, case.is_left) == (1, KEPT)


def test_what_is_being_sent_cannot_be_called_back(case):
    def withdrawn_meanwhile(asked):
        case.withdraws()
        return provisioned(asked)

    case.delivers(withdrawn_meanwhile)
    assert case.is_left == KEPT


@pytest.mark.parametrize(("status", "left"), [(503, KEPT), (401, NOTHING), (404, NOTHING), (429, NOTHING)])
def test_after_a_call_without_success_it_depends_on_what_the_identity_provider_may_have_done(case, status, left):
    """One that answers 503 may have done it before it failed."""
    case.delivers(lambda _: Said(status=status))
    case.withdraws()
    case.delivers(later=HOUR)
    assert case.is_left == left


def test_what_the_identity_provider_has_refused_is_not_sent_again(case):
    case.delivers(refused)
    case.withdraws()
    assert case.service.services.outbox.undelivered() == []
    assert case.is_left == NOTHING


def test_an_identity_provider_that_was_never_called_has_received_nothing(case):
    case.service.settings.idp_secret_file.unlink()
    case.delivers()
    case.withdraws()
    assert case.is_left == NOTHING


def test_a_call_that_may_have_arrived_is_not_forgotten_for_one_that_has_not(case):
    case.delivers(lambda _: Said(status=503))
    case.delivers(lambda _: Said(status=429), later=HOUR)
    case.withdraws()
    case.delivers(later=2 * HOUR)
    assert case.is_left == KEPT


def test_a_person_who_is_erased_is_withdrawn_in_the_same_way(case):
    assert case.erases().requests == 1
    case.delivers()
    assert case.calls == 0


def test_nobody_is_erased_while_the_identity_provider_may_open_the_account(case):
    case.delivers(lambda _: Said(status=503))
    with pytest.raises(StillDelivering):
        case.erases()
