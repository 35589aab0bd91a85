"""Step 4: everything is read again, each block can be changed, and the request is sent once."""

import json
from base64 import b64encode
from datetime import datetime
from hashlib import sha256
from zoneinfo import ZoneInfo

import pytest

from enrollment.applicant.anti_bot import LETTERS_FROM_A_NETWORK
from enrollment.applicant.proof_of_work import Challenge
from tests.actors.applicant import Applicant
from tests.letters import letters_of

DCC, ONCO = "application:dcc", "community:onco-centre"


def the_challenge(page):
    """The challenge that the page holds for its script."""
    attributes = page.html.split('class="guard"')[1].split(">")[0]

    def said(name):
        return attributes.split(f'data-{name}="')[1].split('"')[0].replace("&amp;", "&")

    return Challenge(
        algorithm=said("algorithm"),
        challenge=said("challenge"),
        maxnumber=int(said("maxnumber")),
        salt=said("salt"),
        signature=said("signature"),
    )


def solve(challenge):
    """The payload that solves a challenge, as `proof.js` finds it."""
    tried = ((n, f"{challenge.salt}{n}".encode()) for n in range(challenge.maxnumber + 1))
    number = next(n for n, text in tried if sha256(text).hexdigest() == challenge.challenge)
    solution = {name: getattr(challenge, name) for name in ("algorithm", "challenge", "salt", "signature")}
    return b64encode(json.dumps(solution | {"number": number}).encode()).decode()


def test_everything_is_read_again(eloise):
    text = eloise.comes_to_the_check(DCC, ONCO).text
    for said in ("d’Aubrac", "Éloïse", "99700123450", "Médecin", "12, rue des Tilleuls", "Loiret", "02 61 91 12 34"):
        assert said in text
    assert "Dossier communicant de cancérologie" in text
    assert "Communauté Onco Centre" in text
    assert "Je présente mes patientes en réunion." in text


def test_a_block_is_changed_and_the_person_comes_back_to_the_check(eloise, request_of):
    page = eloise.comes_to_the_check(DCC, ONCO)
    eloise.browser.visits(page.link_to("#street").address.split("#")[0])
    page = eloise.says_who_they_are(street="14, rue des Tilleuls")
    assert page.path == "/request/check"
    assert request_of().street == "14, rue des Tilleuls"


def test_a_request_that_is_sent_gets_a_reference_and_waits_for_its_address(eloise, enrollment, request_of):
    page = eloise.sends_a_request(DCC, ONCO)
    assert page.path == "/request/sent"
    sent = request_of()
    year = datetime.now(ZoneInfo(enrollment.settings.time_zone)).year
    assert (sent.state, sent.reference) == ("unverified", f"INS-{year}-000001")
    assert f"INS-{year}-000001" in page.text
    assert enrollment.trail() == ["request.sent"]
    (letter,) = enrollment.letters()
    assert letter["To"] == "eloise.daubrac@exemple.test"
    assert "Éloïse" not in letter.get_content(), "a stranger's words do not reach an unverified mailbox"


def test_a_request_is_sent_once_however_often_the_button_is_pressed(eloise, enrollment, request_of):
    check = eloise.comes_to_the_check(DCC, ONCO)
    eloise.finishes()
    eloise.browser.history.append(check)
    assert eloise.finishes().path == "/request/sent"
    assert request_of().reference.endswith("000001")
    assert len(enrollment.letters()) == 1
    assert eloise.visits("/request/person").path == "/request/sent"


def test_what_was_changed_in_another_tab_is_read_before_it_is_sent(eloise, request_of):
    check = eloise.comes_to_the_check(DCC, ONCO)
    eloise.visits("/request/person?then=check")
    eloise.says_who_they_are(town="Orléans-la-Source")
    eloise.browser.history.append(check)
    page = eloise.finishes()
    assert page.status == 409
    assert "Orléans-la-Source" in page.text
    assert request_of().state == "draft"
    assert eloise.finishes().path == "/request/sent"


def test_a_proof_of_work_is_accepted_once(eloise, request_of):
    proof = solve(the_challenge(eloise.comes_to_the_check()))
    assert eloise.finishes(altcha=proof).path == "/request/sent"
    assert request_of().state == "unverified"


@pytest.mark.parametrize("forged", ["!", "e30=", "bnVsbA==", "W10=", "x" * 3000])
def test_a_forged_proof_is_refused_and_nothing_is_lost(eloise, request_of, forged):
    eloise.comes_to_the_check()
    page = eloise.finishes(altcha=forged)
    assert page.status == 422
    assert "envoyez de nouveau" in page.text
    assert request_of().state == "draft"
    assert eloise.finishes(altcha=solve(the_challenge(page))).path == "/request/sent"


def test_a_proof_of_another_draft_is_refused(eloise, enrollment):
    proof = solve(the_challenge(eloise.comes_to_the_check()))
    another = type(eloise)(enrollment.a_browser(), enrollment.address)
    another.comes_to_the_check()
    assert another.finishes(altcha=proof).status == 422


def test_a_program_that_fills_in_every_field_is_told_so(eloise, request_of):
    eloise.comes_to_the_check()
    assert eloise.finishes(website="https://spam.example").status == 422
    assert request_of().state == "draft"


def test_nobody_fills_in_four_pages_within_a_moment(eloise):
    eloise.begins()
    eloise.has_no_card()
    eloise.says_who_they_are()
    eloise.chooses()
    page = eloise.finishes()
    assert page.status == 422
    assert "très rapide" in page.text


def test_an_address_that_sends_without_end_waits_and_loses_nothing(enrollment, frozen):

    pages = []
    for number in range(6):
        applicant = Applicant(enrollment.a_browser(), enrollment.address)
        pages.append(applicant.sends_a_request(email=f"personne{number}@exemple.test"))
    assert [page.status for page in pages[4:]] == [200, 429]
    assert applicant.visits("/request").path == "/request/check"


def test_the_link_is_sent_again_but_a_mailbox_is_not_flooded(eloise, enrollment):
    eloise.sends_a_request()
    for _ in range(LETTERS_FROM_A_NETWORK + 3):
        page = eloise.presses("Renvoyer le lien")
        assert (page.status, "Un nouveau lien est envoyé" in page.text) == (200, True)
    enrollment.letters()
    assert len(letters_of(enrollment.settings.data_folder)) == LETTERS_FROM_A_NETWORK


def test_the_address_is_corrected_and_the_first_link_is_void(eloise, enrollment, request_of):
    eloise.sends_a_request(email="eloise.daubrac@exmple.test")
    first = the_link(enrollment.letters()[0])
    eloise.visits("/request/sent/address")
    assert eloise.sends("email", email="eloise@").status == 422
    page = eloise.sends("email", email="eloise.daubrac@exemple.test")
    assert page.path == "/request/sent"
    assert request_of().email == "eloise.daubrac@exemple.test"
    assert enrollment.letters()[-1]["To"] == "eloise.daubrac@exemple.test"
    assert eloise.browser.visits(first).status == 404


def the_link(letter):
    return next(word for word in letter.get_content().split() if word.startswith("http"))
