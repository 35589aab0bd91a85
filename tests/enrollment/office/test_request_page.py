"""The page of one request: evidence, duplicates, notes, charge, the decision (enrollment/office/request_views.py)."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select

from enrollment.office.rules import Rules
from enrollment.requests.models import EnrollmentRequest, MoreAsked, OutboxEntry, RequestNote, RequestPart
from enrollment.requests.requests import parts_of
from enrollment.requests.states import RequestState
from enrollment.requests.vocabulary import PartDecision, PartKind
from tests.actors.browser import Browser
from tests.actors.enrollment import Enrollment
from tests.actors.page import Page
from tests.actors.server import Said
from tests.builders.enrollment import a_part, a_request, an_account_part

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


class OperatorOnRequest:
    """A request in the queue, and an operator's browser on its page."""

    def __init__(self, enrollment: Enrollment, browser: Browser, **named: Any) -> None:
        self._enrollment = enrollment
        self.browser = browser
        parts = [
            an_account_part(),
            a_part(PartKind.COMMUNITY, "onco-centre"),
            a_part(PartKind.APPLICATION, "dcc", reason="Je présente mes patientes."),
        ]
        with enrollment.services.database.transaction() as session:
            request = a_request(session, RequestState.PENDING, parts=parts, **named)
            self.reference, self.id = request.reference, request.id
        self.parts = {part.name or "account": part.id for part in parts}
        self.address = f"{enrollment.address}/office/requests/{self.reference}"

    def opens(self) -> Page:
        return self.browser.visits(self.address)

    def chooses(self, words: str = "", **choices: Any) -> Page:
        """Fill in the form of the decision, and go to the confirmation."""
        self.opens()
        filled = {f"choice-{self.parts[name.replace('_', '-')]}": choice for name, choice in choices.items()}
        return self.reviews(words=words, **filled)

    def reviews(self, **filled: str) -> Page:
        form = self.browser.page.form_with("version", f"choice-{self.parts['account']}")
        kept = {name: value for name, value in form.fields.items() if name in ("version", "form_token", "here")}
        form.fields = kept
        return self.browser.submits(form, step="review", **filled)

    def presses(self, step: str, **filled: str) -> Page:
        """Press a button of the confirmation."""
        return self.browser.submits(self.browser.page.form_with("version"), step=step, **filled)

    def reads(self) -> EnrollmentRequest:
        with self._enrollment.services.database.transaction() as session:
            return session.get_one(EnrollmentRequest, self.id)

    def rows(self, table: type[Any]) -> list[Any]:
        with self._enrollment.services.database.transaction() as session:
            return list(session.scalars(select(table).where(table.request_id == self.id)))

    def decisions(self) -> dict[str, str]:
        with self._enrollment.services.database.transaction() as session:
            return {part.name or "account": part.decision for part in parts_of(session, self.id)}


def next_year() -> int:
    """An access ends in the future."""
    return datetime.now(UTC).year + 1


@pytest.fixture
def camille(enrollment, signed_in) -> OperatorOnRequest:
    return OperatorOnRequest(enrollment, signed_in("approver"))


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


def test_what_is_accepted_is_confirmed_first_and_then_queued(camille):
    year = next_year()
    camille.opens()
    page = camille.reviews(
        words="Bienvenue.",
        **{
            f"choice-{camille.parts['account']}": "accept",
            f"choice-{camille.parts['onco-centre']}": "accept",
            f"choice-{camille.parts['dcc']}": "accept",
            f"role-{camille.parts['dcc']}": "writer",
            f"until-{camille.parts['dcc']}": f"{year}-12-31",
        },
    )
    for shown in ("Confirmer 3 décisions", "Lecture et écriture", "jusqu’au 31", "Onco Centre"):
        assert shown in page.text
    assert set(camille.decisions().values()) == {PartDecision.OPEN}
    decided = camille.presses("confirm").text
    assert "Votre décision est enregistrée. Elle est transmise au fournisseur d’identité dans les secondes" in decided
    assert "pas encore transmise" not in decided, "what was decided just now is not late"
    reloaded = camille.opens().text
    assert "enregistrée" not in reloaded
    assert "pas encore transmise" in reloaded
    assert camille.decisions() == {"account": "accepted", "onco-centre": "accepted", "dcc": "accepted"}
    [entry] = camille.rows(OutboxEntry)
    [granted] = entry.body["entitlements"]
    assert (granted["role"], granted["ends_at"]) == ("writer", f"{year}-12-31T23:00:00Z")  # midnight in Paris
    assert entry.body["words"] == "Bienvenue."


def test_the_letter_of_an_acceptance_is_shown_as_the_identity_provider_would_mail_it(camille, provider):
    page = camille.chooses(account="accept", words="Bienvenue.")
    for shown in ("La lettre qui partira à compte@exemple.test", "Votre identifiant : edaubrac", "/password/choose/…"):
        assert shown in page.text
    asked = provider.received[-1]
    assert asked.path == f"/api/provisionings/{camille.id}/letter"
    assert json.loads(asked.body)["words"] == "Bienvenue."
    assert camille.rows(OutboxEntry) == []


def test_a_decision_that_the_identity_provider_would_refuse_is_said_before_it_is_made(camille, provider):
    camille.opens()
    problem = {"detail": "account: another account has proven this number"}
    answered = provider.says

    def refuses(asked):
        if not asked.path.endswith("/letter"):
            return answered(asked)
        return Said(status=409, content_type="application/problem+json", body=json.dumps(problem).encode())

    provider.says = refuses
    page = camille.chooses(account="accept")
    assert "refuserait cette décision" in page.text
    assert "another account has proven this number" in page.text


def test_an_identity_provider_that_is_away_is_said_with_what_its_letter_will_have(camille, provider):
    camille.opens()
    answered = provider.says
    provider.says = lambda asked: Said(status=503) if asked.path.endswith("/letter") else answered(asked)
    page = camille.chooses(account="accept", words="Bienvenue.")
    assert "sa lettre ne peut pas être montrée" in page.text
    assert "Bienvenue." in page.text


def test_a_vote_that_does_not_suffice_is_said_and_no_letter_is_shown(camille, enrollment):
    with enrollment.services.database.transaction() as session:
        Rules(enrollment.settings).set(session, PartKind.ACCOUNT, "", approvers=2)
    page = camille.chooses(account="accept")
    assert "celui d’un autre approbateur est nécessaire : Compte" in page.text
    assert "La lettre qui partira" not in page.text


def test_a_vote_that_counts_no_more_is_said_and_what_it_had_accepted_is_decided_again(camille, signed_in, revoked):
    own, camille.browser = camille.browser, signed_in("administrator", name="hugo")
    camille.chooses(onco_centre="accept")
    camille.presses("confirm")
    revoked.add("sub-of-hugo")
    camille.browser = own
    assert "faute du rôle nécessaire : Hugo" in camille.opens().text
    assert "n’en répond plus : Onco Centre" in camille.chooses(account="accept").text
    assert "Voix qui ne compte plus : Onco Centre, Hugo" in camille.presses("confirm").text


def test_a_refusal_has_a_reason_whose_words_can_be_changed_and_its_letter_is_shown(camille, enrollment):
    page = camille.chooses(account="refuse")
    assert "Compte – Choisissez le motif du refus." in page.text, "the summary says of which part"
    account = camille.parts["account"]
    page = camille.reviews(**{f"choice-{account}": "refuse", f"code-{account}": "not-identified"})
    assert "ne permettent pas d’établir votre identité" in page.text
    page = camille.presses("review", **{f"words-{account}": "Appelez-nous avant vendredi."})
    assert page.text.count("Appelez-nous avant vendredi.") == 2  # in its field, and in the letter
    camille.presses("confirm", **{f"words-{account}": "Appelez-nous avant vendredi."})
    assert camille.decisions()["account"] == "refused"
    [letter] = enrollment.letters()
    assert "Appelez-nous avant vendredi." in letter.get_content()


def test_more_is_asked_in_named_fields(camille, enrollment):
    dcc = camille.parts["dcc"]
    camille.opens()
    page = camille.reviews(words="Quel service ?", ask="telephone", **{f"choice-{dcc}": "ask"})
    assert "Quel service ?" in page.text
    camille.presses("confirm")
    [asked] = camille.rows(MoreAsked)
    assert asked.fields == ["telephone", f"reason:{dcc}"]
    assert camille.reads().state == RequestState.MORE_ASKED
    assert [letter["X-Letter-Kind"] for letter in enrollment.letters()] == ["more-asked"]


def test_going_back_loses_nothing(camille):
    account = camille.parts["account"]
    camille.chooses(account="refuse")
    camille.reviews(words="Bonne journée.", ask="town",
                 **{f"choice-{account}": "refuse", f"code-{account}": "other", f"words-{account}": "Non."})  # fmt: skip
    page = camille.presses("back", **{f"words-{account}": "Non."})
    assert page.status == 200
    assert "Bonne journée.</textarea>" in page.html
    assert ">Non.</textarea>" in page.html
    assert 'value="other" selected' in page.html
    assert 'value="town" autocomplete="off" checked' in page.html


@pytest.mark.parametrize(
    ("filled", "said"),
    [
        ({}, "Choisissez au moins une décision."),
        ({"choice-account": "accept", "until-dcc": "x", "choice-dcc": "accept"}, "Écrivez une date"),
        ({"choice-dcc": "accept", "until-dcc": "2020-01-01"}, "La fin doit venir après"),
        ({"choice-dcc": "accept", "role-dcc": "surgeon"}, "Ce rôle n’existe pas"),
        ({"choice-account": "ask"}, "Cochez au moins un champ"),
        ({"choice-account": "ask", "ask": "town"}, "Écrivez à la personne ce qui est attendu."),
        ({"choice-account": "refuse", "code-account": "other"}, "Écrivez à la personne pourquoi"),
        ({"choice-account": "refuse", "code-account": "nothing"}, "Choisissez le motif du refus."),
        ({"choice-account": "accept", "words": "x" * 2_001}, "Ce texte est trop long."),
        ({"choice-account": "accept", "version": "0"}, "La demande a changé"),
        ({"choice-account": "accept", "version": "é"}, "La demande a changé"),
    ],
)
def test_what_is_wrong_is_said_on_the_form_and_nothing_is_decided(camille, filled, said):
    camille.opens()
    named = {}
    for name, value in filled.items():
        field, _, part = name.partition("-")
        named[f"{field}-{camille.parts[part]}" if part else name] = value
    page = camille.reviews(**{"words": ""} | named)
    assert page.status == 422
    assert said in page.text
    assert set(camille.decisions().values()) == {PartDecision.OPEN}
    assert camille.rows(RequestPart)[0].decided_at is None


def test_another_operator_who_was_faster_is_told_of_with_nothing_lost(camille, signed_in):
    camille.chooses(words="Bienvenue.", account="accept")
    other = signed_in("administrator", name="odile")
    other.submits(other.visits(camille.address).form_of("Prendre en charge"))
    page = camille.presses("confirm")
    assert "La demande a changé depuis" in page.text
    assert "Bienvenue.</textarea>" in page.html
    assert camille.decisions()["account"] == PartDecision.OPEN


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


def test_the_last_day_of_an_access_is_the_one_that_was_typed(camille):
    year = next_year()
    camille.opens()
    onco_centre = camille.parts["onco-centre"]
    camille.reviews(**{f"choice-{onco_centre}": "accept", f"until-{onco_centre}": f"{year}-12-31"})
    camille.presses("confirm")
    assert f"jusqu’au 31 décembre {year} inclus" in camille.opens().text.replace("\xa0", " ")


@pytest.mark.parametrize("state", [RequestState.UNVERIFIED, RequestState.DRAFT])
def test_a_request_that_was_not_verified_is_not_shown(enrollment, signed_in, state):
    with enrollment.services.database.transaction() as session:
        reference = a_request(session, state).reference
    assert signed_in("administrator").visits(f"{enrollment.address}/office/requests/{reference}").status == 404
