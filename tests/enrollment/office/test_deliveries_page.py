"""Decisions that are not delivered yet are shown, and an administrator has them sent again."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from enrollment.requests.models import OutboxEntry
from enrollment.requests.states import RequestState
from tests.builders.enrollment import a_request


@pytest.fixture
def undelivered(enrollment) -> str:
    """The identifier of a delivery that the identity provider has refused."""
    entry, now = uuid4().hex, datetime.now(UTC)
    with enrollment.services.database.transaction() as session:
        request = a_request(session, RequestState.DECIDED, closed_at=None)
        session.add(
            OutboxEntry(
                id=entry, request_id=request.id, sequence=1, body={}, created_at=now, refused_at=now, attempts=3,
                last_error="account: no username is free for this name", refusal_code="login.taken",
            )
        )  # fmt: skip
    return entry


def test_an_undelivered_decision_is_shown_with_its_reason(enrollment, signed_in, undelivered):
    page = signed_in("approver").visits(f"{enrollment.address}/office/deliveries")
    assert "Aucun identifiant n’est libre pour ce nom." in page.text
    assert "account: no username is free for this name" in page.text
    assert "Transmettre maintenant" not in page.text


def test_an_administrator_has_it_sent_again(enrollment, signed_in, undelivered):
    browser = signed_in("administrator")
    browser.visits(f"{enrollment.address}/office/deliveries")
    page = browser.submits(browser.page.form_of("Transmettre maintenant"))
    assert page.status == 200
    assert "En attente" in page.text
    assert enrollment.trail() == ["delivery.retried"]


def test_a_delivery_that_is_not_there_is_not_found(enrollment, signed_in):
    browser = signed_in("administrator")
    token = browser.visits(f"{enrollment.address}/").form_with("form_token").fields["form_token"]
    address = f"{enrollment.address}/office/deliveries/{'a' * 32}/retry"
    assert browser.asks(address, posting={"form_token": token}).status_code == 404
