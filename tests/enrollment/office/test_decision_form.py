"""The decision on the page of one request: its form, its confirmation, and the letters that it leads to."""

import json
from datetime import UTC, datetime

import pytest

from enrollment.office.rules import Rules
from enrollment.requests.models import MoreAsked, OutboxEntry, RequestPart
from enrollment.requests.states import RequestState
from enrollment.requests.vocabulary import PartDecision, PartKind
from tests.actors.server import Said


def next_year() -> int:
    """An access ends in the future."""
    return datetime.now(UTC).year + 1


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


def test_the_last_day_of_an_access_is_the_one_that_was_typed(camille):
    year = next_year()
    camille.opens()
    onco_centre = camille.parts["onco-centre"]
    camille.reviews(**{f"choice-{onco_centre}": "accept", f"until-{onco_centre}": f"{year}-12-31"})
    camille.presses("confirm")
    assert f"jusqu’au 31 décembre {year} inclus" in camille.opens().text.replace("\xa0", " ")
