"""Prevents: opening, verifying or taking over a request by a link that was forged, replayed, or has expired."""

import secrets
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import func, select

from enrollment.requests.links import token_hash
from enrollment.requests.models import EnrollmentRequest, RequestLink
from tests.enrollment.applicant.test_check import the_link


@pytest.fixture
def verify(eloise, enrollment):
    """The link that verifies her address."""
    eloise.sends_a_request()
    return the_link(enrollment.letters()[0])


def token_of(link):
    return link.rpartition("/")[2]


@pytest.mark.parametrize("path", ["/verify/{}", "/resume/{}", "/status/{}", "/status/{}/withdraw", "/status/{}/erase"])
def test_a_link_opens_nothing_but_what_it_was_sent_for(stranger, enrollment, verify, request_of, path):
    """A link to verify is not one to follow; its purpose is stored beside it, and looked up with it."""
    right = {"/verify/{}"}
    status = stranger.visits(path.format(token_of(verify))).status
    assert (status == 200) == (path in right)
    assert request_of().state == "unverified"


def test_of_a_token_only_its_hash_is_stored(enrollment, verify):
    with enrollment.services.database.transaction() as session:
        [link] = session.scalars(select(RequestLink))
        assert link.token_hash == token_hash(token_of(verify))
        assert token_of(verify) not in repr(vars(link))


def test_what_is_stored_of_a_link_opens_nothing(stranger, enrollment, verify):
    """A reader of the database cannot follow its links."""
    with enrollment.services.database.transaction() as session:
        [stored] = session.scalars(select(RequestLink.token_hash))
    for token in (stored, stored[:43]):
        assert stranger.visits(f"/verify/{token}").status == 404


@pytest.mark.parametrize("change", [str.swapcase, lambda token: token[:-1], lambda token: f"{token}A", lambda _: ""])
def test_a_link_that_was_altered_is_unknown(stranger, verify, request_of, change):
    assert stranger.visits(f"/verify/{change(token_of(verify))}").status == 404
    assert request_of().state == "unverified"


def test_guessing_links_finds_nothing_and_creates_nothing(stranger, enrollment, verify):
    for _ in range(20):
        assert stranger.visits(f"/status/{secrets.token_urlsafe(32)}").status == 404
    with enrollment.services.database.transaction() as session:
        assert session.scalar(select(func.count()).select_from(RequestLink)) == 1
        assert session.scalar(select(func.count()).select_from(EnrollmentRequest)) == 1


def test_a_link_that_was_used_does_not_put_a_withdrawn_request_back_in_the_queue(eloise, stranger, verify, request_of):
    form = eloise.browser.visits(verify)
    eloise.presses("Confirmer mon adresse")
    eloise.visits(f"{eloise.page.path}/withdraw")
    eloise.presses("Retirer ma demande")
    assert request_of().state == "withdrawn"
    eloise.browser.history.append(form)
    eloise.presses("Confirmer mon adresse")
    stranger.browser.visits(verify)
    assert request_of().state == "withdrawn"


def test_an_expired_link_sends_another_to_its_own_mailbox_only(stranger, enrollment, verify, request_of):
    """The holder of an expired link, from a mailbox that was read years ago, gains no link by it."""
    with time_machine.travel(datetime.now(UTC) + timedelta(hours=80), tick=True):
        stranger.browser.visits(verify)
        page = stranger.presses("Recevoir un autre lien")
        assert enrollment.letters()[-1]["To"] == "eloise.daubrac@exemple.test"
    assert token_of(the_link(enrollment.letters()[-1])) not in page.html
    assert request_of().state == "unverified"


def test_a_link_that_was_mailed_to_a_mistyped_address_ends_with_the_mistake(eloise, stranger, enrollment):
    """Her draft has her number and her address by now; the stranger whose mailbox it was has had the link for days."""
    eloise.begins()
    eloise.visits("/resume")
    eloise.sends("email", email="eloise.daubrac@exemple.com")
    link = the_link(enrollment.letters()[0])
    eloise.visits("/request/card")
    eloise.has_no_card()
    eloise.says_who_they_are()
    assert stranger.browser.visits(link).status == 404


def test_a_link_to_resume_that_was_read_over_a_shoulder_is_good_once(eloise, stranger, enrollment):
    eloise.begins()
    eloise.has_no_card()
    eloise.says_who_they_are()
    eloise.visits("/resume")
    eloise.sends("email", email="eloise.daubrac@exemple.test")
    link = the_link(enrollment.letters()[0])
    eloise.browser.visits(link)
    eloise.presses("Reprendre ma demande ici")
    assert stranger.browser.visits(link).status == 410
    assert "Éloïse" not in stranger.page.html
