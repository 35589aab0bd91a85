"""An invitation opens the steps with what is known and approved, once, and verifies the mailbox it went to."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
import time_machine
from sqlalchemy import select

from enrollment.requests.links import new_token, token_hash
from enrollment.requests.models import Invitation

EMAIL = "eloise.daubrac@exemple.test"


@pytest.fixture
def invited(enrollment):
    """Invites Éloïse; the path of her link."""

    def invite(**named):
        token, now = new_token(), datetime.now(UTC)
        usual = {
            "id": uuid4().hex, "token_hash": token_hash(token), "email": EMAIL, "given_name": "Éloïse",
            "family_name": "d’Aubrac", "approved": {"communities": ["onco-centre"], "applications": ["dcc"]},
            "language": "fr", "created_at": now, "ends_at": now + timedelta(days=30), "operator_sub": "camille",
            "operator_name": "Camille Ferrand",
        }  # fmt: skip
        with enrollment.services.database.transaction() as session:
            session.add(Invitation(**(usual | named)))
        return f"/invitation/{token}"

    return invite


def answers(eloise, path, **otherwise):
    with time_machine.travel(datetime.now(UTC) - timedelta(minutes=1), tick=True):
        eloise.visits(path)
        eloise.sends("conditions", conditions="accepted")
        eloise.has_no_card()
        eloise.says_who_they_are(**otherwise)
        eloise.chooses("application:dcc", "community:onco-centre")
    return eloise.finishes()


def test_an_invitation_says_who_invites_and_to_what(eloise, invited):
    page = eloise.visits(invited())
    assert "Camille Ferrand vous invite" in page.text
    assert "Dossier communicant de cancérologie" in page.text


def test_what_is_known_and_approved_is_filled_in(eloise, invited):
    eloise.visits(invited())
    eloise.sends("conditions", conditions="accepted")
    page = eloise.has_no_card()
    fields = page.form_with("family_name").fields
    assert (fields["family_name"], fields["email"]) == ("d’Aubrac", EMAIL)
    page = eloise.says_who_they_are()
    assert page.html.count(" checked") == 2


def test_the_mailbox_that_was_invited_is_verified(eloise, invited, request_of, enrollment):
    answers(eloise, invited())
    sent = request_of()
    assert (sent.state, sent.invitation_id is not None) == ("pending", True)
    assert enrollment.trail() == ["request.sent", "invitation.used"]


def test_a_request_from_another_mailbox_is_like_any_other(eloise, invited, request_of, enrollment):
    path = invited()
    answers(eloise, path, email="autre.adresse@exemple.test")
    assert (request_of().state, request_of().invitation_id) == ("unverified", None)
    assert enrollment.trail() == ["request.sent"]
    assert eloise.visits(path).status == 200, "it stays open to the mailbox that it was sent to"


@pytest.mark.parametrize("column", ["used_at", "withdrawn_at", "ends_at"])
def test_an_invitation_that_is_over_opens_nothing(eloise, invited, column):
    assert eloise.visits(invited(**{column: datetime.now(UTC) - timedelta(seconds=1)})).status == 404


def test_an_invitation_is_used_once(eloise, invited, enrollment):
    path = invited()
    answers(eloise, path)
    assert eloise.visits(path).status == 404


def test_what_was_begun_and_not_sent_gives_way_to_an_invitation(eloise, invited, request_of):
    """Nobody could open it any more, and it has what a person has typed."""
    eloise.comes_to_the_check()
    eloise.visits(invited())
    eloise.sends("conditions", conditions="accepted")
    assert request_of().invitation_id is not None, "there is one request"


def test_an_invitation_withdrawn_meanwhile_approves_nothing(eloise, invited, enrollment, request_of):
    with time_machine.travel(datetime.now(UTC) - timedelta(minutes=1), tick=True):
        eloise.visits(invited())
        eloise.sends("conditions", conditions="accepted")
        eloise.has_no_card()
        eloise.says_who_they_are()
        eloise.chooses()
    with enrollment.services.database.transaction() as session:
        session.scalars(select(Invitation)).one().withdrawn_at = datetime.now(UTC)
    eloise.finishes()
    assert (request_of().state, request_of().invitation_id) == ("unverified", None)
