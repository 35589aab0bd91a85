"""The page of a request: where it is, what is asked again, how it is withdrawn, exported and erased."""

import json
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select, update

from enrollment.letters import LetterKind
from enrollment.requests.models import EnrollmentRequest, MoreAsked, RequestPart
from enrollment.requests.more_asked import reason_field
from tests.enrollment.applicant.test_check import the_link


@pytest.fixture
def sent(eloise, enrollment):
    """Her request in the queue; her browser is on its page."""
    eloise.sends_a_request("application:dcc", "community:onco-centre")
    eloise.browser.visits(the_link(enrollment.letters()[0]))
    return eloise.presses("Confirmer mon adresse")


@pytest.fixture
def asks_for_more(enrollment):
    """Puts the request where an operator who asks for these fields puts it; "dcc" is the reason of the DCC."""

    def ask(*fields, words="Le téléphone indiqué ne répond pas."):
        now = datetime.now(UTC)
        with enrollment.services.database.transaction() as session:
            request = session.scalars(select(EnrollmentRequest)).one()
            part = session.scalars(select(RequestPart).where(RequestPart.name == "dcc")).one()
            request.state = "more_asked"
            named = [reason_field(part.id) if name == "dcc" else name for name in fields]
            session.add(
                MoreAsked(
                    id=uuid4().hex,
                    request_id=request.id,
                    fields=named,
                    words=words,
                    operator_sub="camille",
                    operator_name="Camille Ferrand",
                    asked_at=now,
                    answer_by=now + timedelta(days=14),
                )
            )
            return part.id

    return ask


def test_a_request_says_where_it_is_and_what_was_asked_for(sent):
    assert "Votre demande Docteur Éloïse d’Aubrac" in sent.text
    assert "À l’étude Votre demande" in sent.text  # an operator reads "À décider"
    assert "Communauté Onco Centre" in sent.text
    assert "Retirer ma demande" in sent.text


def test_what_was_granted_is_said_with_its_role_and_its_last_day(sent, eloise, enrollment):
    ends_at = datetime(2027, 12, 31, 23, 0, tzinfo=UTC)  # midnight in Paris
    granted = {"decision": "accepted", "role": "writer", "wanted_role": "reader", "ends_at": ends_at}
    with enrollment.services.database.transaction() as session:
        session.execute(update(RequestPart).where(RequestPart.name == "dcc").values(granted))
    text = eloise.visits(sent.path).text.replace("\xa0", " ").replace("\u202f", " ")
    assert "Rôle : Lecture et écriture" in text
    assert "jusqu’au 31 décembre 2027 inclus" in text


@pytest.mark.parametrize("kind", ["status", "verify", "invitation"])
def test_the_title_of_a_link_that_opens_nothing_is_its_heading(eloise, kind):
    page = eloise.visits(f"/{kind}/unknown")
    assert page.status == 404
    assert page.title.startswith("Ce lien n’est plus valable")
    assert "Ce lien n’est plus valable" in page.text


def test_an_operators_words_are_never_markup(sent, eloise, asks_for_more):
    asks_for_more("telephone", words="<script>alert(1)</script>")
    page = eloise.visits(sent.path)
    assert "<script>alert(1)" in page.text
    assert "<script>alert(1)" not in page.html


def test_only_the_fields_that_are_asked_are_open(sent, eloise, asks_for_more, request_of, enrollment):
    part = asks_for_more("telephone", "dcc")
    page = eloise.visits(sent.path)
    assert "Le téléphone indiqué ne répond pas" in page.text
    form = page.form_of("Envoyer ma réponse")
    assert {"telephone", f"reason-{part}"} <= set(form.fields)
    assert "family_name" not in form.fields
    page = eloise.presses(
        "Envoyer ma réponse",
        telephone="02 61 91 55 55", family_name="Autre", **{f"reason-{part}": "Réunion du jeudi."}, answer="Voilà.",
    )  # fmt: skip
    assert "Envoyer ma réponse" not in page.text
    answered = request_of()
    assert (answered.state, answered.telephone, answered.family_name) == ("pending", "+33261915555", "d’Aubrac")
    with enrollment.services.database.transaction() as session:
        dcc = session.get(RequestPart, part)
        question = session.scalars(select(MoreAsked)).one()
    assert (dcc.reason, dcc.decision) == ("Réunion du jeudi.", "open")
    assert (question.answer, question.answered_at is not None) == ("Voilà.", True)
    assert enrollment.letters()[-1]["X-Letter-Kind"] == LetterKind.ANSWER_RECEIVED


def test_the_page_says_what_is_awaited_of_the_person_then_that_the_answer_is_passed_on(sent, eloise, asks_for_more):
    asks_for_more("telephone")
    asked = eloise.visits(sent.path)
    assert "Précision attendue Répondez avant le" in asked.text
    eloise.presses("Envoyer ma réponse", telephone="02 61 91 55 55")
    answered = eloise.visits(sent.path)
    assert "Votre réponse est transmise à l’opérateur." in answered.text
    assert "Répondez avant le" not in answered.text


def test_an_answer_that_says_nothing_new_is_not_passed_on(sent, eloise, asks_for_more, request_of):
    """A person in a hurry presses the button first: the operator would read the same request again."""
    asks_for_more("telephone", "dcc")
    as_shown = eloise.visits(sent.path).form_of("Envoyer ma réponse").fields
    page = eloise.presses("Envoyer ma réponse", **as_shown)
    assert page.status == 422
    assert page.link_to("#answer")
    assert "Rien n’a changé" in page.text
    assert request_of().state == "more_asked"
    eloise.presses("Envoyer ma réponse", **as_shown | {"answer": "Le téléphone est le bon : appelez le matin."})
    assert request_of().state == "pending"


@pytest.mark.parametrize(
    ("corrected", "has_card"), [({"rpps": "99700123468"}, False), ({"telephone": "0612345678"}, True)]
)
def test_a_card_no_longer_proves_who_has_corrected_what_it_said(
    sent, eloise, asks_for_more, request_of, enrollment, corrected, has_card
):
    proved = ("family_name", "given_name", "profession", "rpps")
    with enrollment.services.database.transaction() as session:
        request = session.scalars(select(EnrollmentRequest)).one()
        request.card_identity, request.filled_by = {"serial": "8025000001/2800636234"}, dict.fromkeys(proved, "card")
    asks_for_more(*corrected)
    eloise.visits(sent.path)
    eloise.sends(**corrected)
    request = request_of()
    assert request.state != "more_asked"
    assert ((request.card_identity is not None), ("card" in request.filled_by.values())) == (has_card, has_card)


def test_an_answer_with_problems_is_shown_again_with_all_that_was_typed(sent, eloise, asks_for_more, request_of):
    part = asks_for_more("telephone", "dcc", "profession", "rpps")
    eloise.visits(sent.path)
    page = eloise.presses(
        "Envoyer ma réponse", telephone="12", profession="medcin", rpps="99700123451", answer="Mon mot"
    )
    assert page.status == 422
    for field in ("telephone", "profession", "rpps", f"reason-{part}"):
        assert page.link_to(f"#{field}")
    assert "Mon mot" in page.text
    assert request_of().state == "more_asked"


def test_an_answer_that_comes_too_late_changes_nothing(sent, eloise, asks_for_more, request_of):
    asks_for_more("telephone")
    form = eloise.visits(sent.path)
    eloise.presses("Envoyer ma réponse", telephone="02 61 91 55 55")
    eloise.browser.history.append(form)
    assert eloise.presses("Envoyer ma réponse", telephone="02 61 91 66 66").status == 200
    assert request_of().telephone == "+33261915555"


def test_a_request_is_withdrawn_after_one_question(sent, eloise, request_of, enrollment):
    eloise.visits(f"{sent.path}/withdraw")
    assert request_of().state == "pending"
    page = eloise.presses("Retirer ma demande")
    assert "Retirée" in page.text
    withdrawn = request_of()
    assert (withdrawn.state, withdrawn.closed_at is not None) == ("withdrawn", True)
    assert "request.withdrawn" in enrollment.trail()
    assert eloise.visits(f"{sent.path}/withdraw").path == sent.path


def test_a_person_takes_their_data_away(sent, eloise):
    response = eloise.browser.asks(f"{eloise.address}{sent.path}/data.json")
    assert response.headers["Content-Disposition"].startswith("attachment; filename=")
    told = json.loads(response.data)
    assert told["requests"][0]["request"]["family_name"] == "d’Aubrac"


def test_a_person_erases_their_data(sent, eloise, request_of):
    eloise.visits(f"{sent.path}/erase")
    page = eloise.presses("Effacer définitivement")
    assert "Vos données sont effacées" in page.text
    erased = request_of()
    assert (erased.state, erased.family_name, erased.email) == ("withdrawn", "", "")
    assert eloise.visits(sent.path).status == 404
    assert eloise.visits("/request/sent").status == 404


@pytest.mark.parametrize(("decision", "words"), [("accepted", "est acceptée"), ("refused", "est refusée")])
def test_a_decision_is_said(sent, eloise, enrollment, decision, words):
    with enrollment.services.database.transaction() as session:
        session.scalars(select(EnrollmentRequest)).one().state = "decided"
        for part in session.scalars(select(RequestPart)):
            part.decision, part.refusal_words = decision, "Votre service n’est pas de la région."
    page = eloise.visits(sent.path)
    assert words in page.text
