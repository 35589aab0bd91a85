"""The page of one request: evidence, duplicates, notes and charge (enrollment/office/request_views.py)."""

import pytest

from enrollment.requests.models import EnrollmentRequest, OutboxEntry, RequestNote
from enrollment.requests.states import RequestState
from enrollment.requests.vocabulary import PartKind
from tests.builders.enrollment import a_part, a_request

ACCOUNT = {
    "handle": "handle-of-villemont",
    "username": "evillemont",
    "name": "Éloïse Villemont",
    "rpps": "99700123450",
    "rpps_proof": "operator",
    "email": "eloise.daubrac@exemple.test",
    "profession": "10",
    "disabled": True,
    "why": ["rpps", "email"],
}


def test_the_page_shows_the_person_the_evidence_and_the_parts(camille, enrollment):
    page = camille.opens()
    assert page.status == 200
    for shown in (
        "Docteur Éloïse d’Aubrac",
        "Je présente mes patientes.",
        "Villemont",
        "02 00 00 00 00",
        "La personne lit cette boîte.",
        "Bien formé",
        "Aucun extrait du registre",
        "Aucun compte ni aucune autre demande",
        "Onco Centre",
        "Une voix suffit",
    ):
        assert shown in page.text.replace("\N{NO-BREAK SPACE}", " "), shown
    assert enrollment.trail() == ["request.read"]


def test_accounts_and_other_requests_are_compared_side_by_side(camille, enrollment, matches):
    matches.append(ACCOUNT)
    with enrollment.services.database.transaction() as session:
        other = a_request(session, RequestState.DECIDED, email="autre@exemple.test", family_name="d’Aubracq")
    page = camille.opens()
    for shown in ("Compte evillemont, fermé", "Éloïse Villemont", f"Demande {other.reference}", "Proche", "Identique"):
        assert shown in page.text


def test_a_field_that_one_of_two_lacks_is_not_compared(enrollment, signed_in, matches):
    """A request of a person with an account repeats neither their number nor their profession."""
    named = {"rpps": "", "profession": "", "account_subject": "sub-of-eloise"}
    with enrollment.services.database.transaction() as session:
        reference = a_request(session, RequestState.PENDING, **named).reference
        a_request(session, RequestState.DECIDED)
    page = signed_in("auditor").visits(f"{enrollment.address}/office/requests/{reference}")
    assert "Doublons possibles" in page.text
    assert "Diffère" not in page.text
    assert "Numéro RPPS Aucun" not in page.text
    queue = signed_in("auditor").visits(f"{enrollment.address}/office")
    assert "Sans RPPS" not in queue.text


def test_an_identity_provider_that_is_away_is_said(camille, provider):
    camille.opens()
    provider.says = lambda _asked: (_ for _ in ()).throw(ConnectionError)
    assert "n’ont pas pu être consultés" in camille.opens().text


def test_a_recognised_account_is_the_one_that_is_provisioned(camille, matches):
    matches.append(ACCOUNT)
    camille.opens()
    camille.browser.submits(camille.browser.page.form_of("C’est la même personne"))
    assert camille.reads().existing_account == "handle-of-villemont"
    assert "Le compte evillemont recevra" in camille.chooses(account="accept").text
    camille.presses("confirm")
    [entry] = camille.rows(OutboxEntry)
    assert entry.body["account"] == {"handle": "handle-of-villemont", "reopen": True}


def test_only_an_account_that_matches_is_recognised(camille, matches):
    matches.append(ACCOUNT)
    camille.opens()
    form = camille.browser.page.form_of("C’est la même personne")
    assert camille.browser.submits(form, handle="handle-of-another").status == 422
    assert camille.reads().existing_account is None


def test_notes_are_for_colleagues(camille):
    camille.opens()
    page = camille.browser.submits(camille.browser.page.form_of("Ajouter ma note"), note="Vue au <b>service</b>.")
    assert "Vue au &lt;b&gt;service&lt;/b&gt;." in page.html
    [note] = camille.rows(RequestNote)
    assert note.operator_name == "Camille"


@pytest.mark.parametrize("text", ["", "   ", "x" * 2_001])
def test_a_note_that_is_not_kept_is_shown_again(camille, text):
    camille.opens()
    page = camille.browser.submits(camille.browser.page.form_of("Ajouter ma note"), note=text)
    assert page.status == 422
    assert text.strip() in page.html
    assert camille.rows(RequestNote) == []


def test_an_operator_takes_charge_and_gives_up(camille, enrollment):
    camille.opens()
    page = camille.browser.submits(camille.browser.page.form_of("Prendre en charge"))
    assert "suivie par Camille" in page.text
    assert camille.reads().assigned_to == "sub-of-camille"
    camille.browser.submits(page.form_of("M’en décharger"))
    assert camille.reads().assigned_to is None
    assert enrollment.trail().count("request.assigned") == 2


def test_of_two_who_take_charge_one_is_told(camille, signed_in):
    camille.opens()
    other = signed_in("approver", name="hugo")
    other.submits(other.visits(camille.address).form_of("Prendre en charge"))
    page = camille.browser.submits(camille.browser.page.form_of("Prendre en charge"))
    assert page.status == 422
    assert "La demande a changé" in page.text
    assert camille.reads().assigned_to == "sub-of-hugo"


def test_a_request_that_has_left_the_queue_is_not_taken_charge_of(camille, enrollment):
    form = camille.opens().form_of("Prendre en charge")
    with enrollment.services.database.transaction() as session:
        session.get_one(EnrollmentRequest, camille.id).state = RequestState.WITHDRAWN
    page = camille.browser.submits(form)
    assert page.status == 422
    assert "La demande n’est plus à décider." in page.text
    assert camille.reads().assigned_to is None


@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_request_that_does_not_exist_is_said_with_the_way_to_find_it(enrollment, signed_in, language):
    page = signed_in("auditor", languages=language).visits(f"{enrollment.address}/office/requests/INS-2026-999999")
    assert page.status == 404
    said = {"fr": "Cherchez-la parmi les demandes", "en": "Search the requests"}
    assert said[language] in page.text


def test_an_operator_is_told_that_the_request_is_their_own(enrollment, signed_in):
    with enrollment.services.database.transaction() as session:
        reference = a_request(session, RequestState.PENDING, email="camille@exemple.test").reference
    page = signed_in("administrator").visits(f"{enrollment.address}/office/requests/{reference}")
    assert (page.status, "Cette demande est la vôtre" in page.text) == (403, True)


@pytest.mark.parametrize(("language", "said"), [("fr", "DCC : « Voilà. »"), ("en", "DCC: “Voilà.”")])
def test_each_language_has_its_quotation_marks(enrollment, signed_in, language, said):
    part = a_part(PartKind.APPLICATION, "dcc", reason="Voilà.")
    with enrollment.services.database.transaction() as session:
        reference = a_request(session, RequestState.PENDING, parts=[part]).reference
    page = signed_in("auditor", languages=language).visits(f"{enrollment.address}/office/requests/{reference}")
    assert said.removeprefix("DCC") in page.text.replace("\u202f", " ").replace("\xa0", " ")


@pytest.mark.parametrize("state", [RequestState.UNVERIFIED, RequestState.DRAFT])
def test_a_request_that_was_not_verified_is_not_shown(enrollment, signed_in, state):
    with enrollment.services.database.transaction() as session:
        reference = a_request(session, state).reference
    assert signed_in("administrator").visits(f"{enrollment.address}/office/requests/{reference}").status == 404
