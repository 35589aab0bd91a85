"""Step 3: what is offered, a reason for each choice, and the rules of the applications said at once."""

import json

import pytest
from sqlalchemy import select

from enrollment.requests.models import EnrollmentRequest, RequestPart
from tests.actors.applicant import key_of
from tests.actors.server import Said
from tests.builders.offer import OFFER, an_application

DCC, ONCO = "application:dcc", "community:onco-centre"


@pytest.fixture
def eloise(eloise):
    eloise.begins()
    eloise.has_no_card()
    eloise.says_who_they_are()
    return eloise


def what_is_asked_for(enrollment):
    with enrollment.services.database.transaction() as session:
        return {
            (part.kind, part.name): (part.reason, part.wanted_role) for part in session.scalars(select(RequestPart))
        }


def test_what_is_chosen_is_kept_with_its_reason_and_the_account(eloise, enrollment):
    page = eloise.chooses(DCC, ONCO, **{f"role-{key_of('application', 'dcc')}": "writer"})
    assert page.path == "/request/check"
    reason = "Je présente mes patientes en réunion."
    assert what_is_asked_for(enrollment) == {
        ("account", ""): ("", None),
        ("application", "dcc"): (reason, "writer"),
        ("community", "onco-centre"): (reason, None),
    }


def test_an_account_alone_can_be_asked_for(eloise, enrollment):
    assert eloise.chooses().path == "/request/check"
    assert what_is_asked_for(enrollment) == {("account", ""): ("", None)}


def test_each_choice_needs_a_reason(eloise, enrollment):
    page = eloise.chooses("application:perinat", reason=" ")
    assert page.status == 422
    assert page.link_to(f"#reason-{key_of('application', 'perinat')}")
    assert "Périnat Centre – Dites en une phrase pourquoi vous en avez besoin." in page.text
    assert what_is_asked_for(enrollment) == {}


def test_the_dcc_asks_for_its_community_and_a_button_adds_it(eloise):
    page = eloise.chooses(DCC)
    assert page.status == 422
    assert "Cet accès demande aussi la communauté Onco Centre" in page.text
    dcc, onco = key_of("application", "dcc"), key_of("community", "onco-centre")
    page = eloise.presses(
        "Ajouter Onco Centre", **{f"want-{dcc}": "yes", f"reason-{dcc}": "Mes patientes.", "add": onco}
    )
    assert "La communauté Onco Centre est demandée aussi" in page.text
    assert page.form_of("Continuer").fields[f"reason-{dcc}"] == "Mes patientes."
    assert eloise.chooses(DCC, ONCO).path == "/request/check"


def test_a_person_hidden_in_the_directory_cannot_ask_for_the_dcc(eloise):
    eloise.visits("/request/person")
    eloise.says_who_they_are(confidentiality="hidden")
    page = eloise.chooses(DCC, ONCO)
    assert page.status == 422
    assert "ferme cet accès" in page.text


def test_a_level_that_closes_what_is_asked_for_is_refused_where_it_is_chosen(eloise):
    eloise.chooses(DCC, ONCO)
    page = eloise.visits("/request/person?then=check")
    assert "Reste fermé à ce niveau : Dossier communicant de cancérologie." in page.text.replace("\u202f", " ")
    page = eloise.says_who_they_are(confidentiality="hidden")
    assert page.status == 422
    assert page.link_to("#confidentiality")


def test_what_cannot_be_asked_for_is_shown_and_a_forged_form_does_not_ask_for_it(eloise):
    assert "Ne se demande pas ici" in eloise.page.text
    assert eloise.chooses("application:veille").status == 422


def test_the_application_that_the_person_came_for_is_chosen_already(enrollment, eloise):
    with enrollment.services.database.transaction() as session:
        session.scalars(select(EnrollmentRequest)).one().target_application = "perinat"
    page = eloise.visits("/request/profile")
    chosen = page.html.split(f'id="want-{key_of("application", "perinat")}"')[1].split(">")[0]
    assert "checked" in chosen


def test_an_application_registered_since_appears_by_itself(enrollment, eloise, offering):
    more = OFFER | {"applications": [*OFFER["applications"], an_application("new", "Nouvelle application")]}
    offering.says = lambda _: Said(content_type="application/json", body=json.dumps(more).encode())
    enrollment.app.extensions["enrollment"].offers._fresh_until = 0.0  # a minute later
    assert "Nouvelle application" in eloise.visits("/request/profile").text


def test_without_the_offer_the_page_says_so_and_nothing_is_lost(enrollment, eloise, offering):
    eloise.chooses(DCC, ONCO)
    offers = enrollment.app.extensions["enrollment"].offers
    offering.says = lambda _: Said(status=503)
    offers._fresh_until = 0.0
    assert eloise.visits("/request/profile").status == 200, "the last good copy"
    offers._kept = None
    offers._fresh_until = 0.0
    page = eloise.visits("/request/profile")
    assert (page.status, page.link_to("/resume").words) == (503, "Reprendre plus tard")
    assert ("application", "dcc") in what_is_asked_for(enrollment)


def test_the_logos_of_the_identity_provider_may_be_shown(eloise, enrollment):
    policy = eloise.visits("/request/profile").headers["Content-Security-Policy"]
    assert f"img-src 'self' data: {enrollment.settings.idp_issuer};" in policy
