"""Step 1 with a card: it is read and verified, fills in what it proves, and is delivered with the request."""

import pytest
from sqlalchemy import select

from card_bridge.identity import CardIdentity
from card_bridge.workstation.virtual.personas import DOCTOR, NEWCOMER, REAL_CATEGORY, REVOKED
from enrollment.delivery.body import provisioning_body
from enrollment.requests.models import EnrollmentRequest
from tests.actors.applicant import ELOISE_TYPES
from tests.actors.browser import Professional
from tests.fixtures.card_enrollment import a_card_holder
from tests.fixtures.card_login import proves_identifier

HOLDER = NEWCOMER.holder
PROVED = ("family_name", "given_name", "profession", "rpps")


def kept(region) -> EnrollmentRequest:
    with region.enrollment.services.database.transaction() as session:
        return session.scalars(select(EnrollmentRequest)).one()


def test_the_card_is_read_by_the_script_and_fills_in_what_it_proves(card_region, newcomer):
    newcomer.comes_to_the_reading()
    page = newcomer.has_card_read()
    assert (page.url.removeprefix(newcomer.address), HOLDER.family_name in page.text) == ("/request/card", True)
    newcomer.presses("Continuer avec cette carte")
    assert newcomer.page.url.endswith("/request/person")
    assert "Lu sur votre carte" in newcomer.page.text
    request = kept(card_region)
    assert (request.family_name, request.rpps) == (HOLDER.family_name, HOLDER.national_id[1:])
    assert request.filled_by == dict.fromkeys(PROVED, "card")


def test_what_the_card_has_filled_cannot_be_typed_over(card_region, newcomer):
    newcomer.comes_to_the_reading()
    newcomer.has_card_read()
    newcomer.presses("Continuer avec cette carte")
    newcomer.sends("street", **ELOISE_TYPES)
    assert newcomer.page.url.endswith("/request/profile")
    request = kept(card_region)
    assert (request.family_name, request.town) == (HOLDER.family_name, "Orléans")


def test_the_card_goes_with_what_is_delivered_and_proves_its_number(card_region, newcomer):
    newcomer.comes_to_the_reading()
    newcomer.has_card_read()
    request = kept(card_region)
    body = provisioning_body(request, [], operator="an-operator", account=None)
    assert CardIdentity.of_record(body["card"]).national_id == HOLDER.national_id
    assert body["account"]["new"]["identifiers"] == [{"kind": "rpps", "value": HOLDER.national_id[1:], "proof": "card"}]


def test_the_card_software_reads_it_without_a_script(card_region, newcomer):
    newcomer.comes_to_the_reading()
    page = newcomer.browser.visits(newcomer.answers_ticket(newcomer.goes_to_software()))
    assert HOLDER.family_name in page.text
    assert kept(card_region).card_identity is not None


@pytest.mark.parametrize("answer", ["Ce n’est pas ma carte", "no"])
def test_a_card_that_is_not_kept_leaves_nothing_of_its_holder(card_region, newcomer, answer):
    newcomer.comes_to_the_reading()
    newcomer.has_card_read()
    if answer == "no":
        newcomer.sends("card", card="no")
    else:
        newcomer.presses(answer)
    request = kept(card_region)
    assert (request.card_identity, request.filled_by) == (None, {})
    assert [getattr(request, name) for name in PROVED] == [""] * 4


@pytest.mark.parametrize(
    ("persona", "sentence"),
    [(REVOKED, "Cette carte a été révoquée"), (REAL_CATEGORY, "Les cartes de test et les cartes réelles")],
    ids=["revoked", "real category"],
)
def test_a_card_that_is_refused_says_why_and_the_person_goes_on_without(card_region, authority, persona, sentence):
    holder = a_card_holder(card_region, authority, persona)
    holder.comes_to_the_reading()
    page = holder.has_card_read()
    assert (page.status, sentence in page.text) == (422, True)
    assert holder.browser.follows("Continuer sans carte").url.endswith("/request/person")
    assert kept(card_region).card_identity is None


def test_the_holder_of_a_card_that_opens_an_account_is_told_to_log_in(card_region, authority):
    jeanne = card_region.idp.creates(Professional("jeanne", "Verger-Calme-41", "Jeanne", "Dupont"))
    proves_identifier(card_region.idp, jeanne, DOCTOR)
    holder = a_card_holder(card_region, authority, DOCTOR)
    holder.comes_to_the_reading()
    page = holder.has_card_read()
    assert (page.status, "ouvre déjà un compte" in page.text) == (422, True)
    assert kept(card_region).card_identity is None


def test_while_the_identity_provider_is_away_the_page_says_so(card_region, newcomer):
    newcomer.comes_to_the_reading()
    nonce = newcomer.is_challenged()
    secret = card_region.enrollment.settings.idp_secret_file
    secret.rename(secret.with_suffix(".away"))
    page = newcomer.posts(newcomer.signs(nonce), nonce)
    assert (page.status, "ne répond pas" in page.text) == (422, True)


def test_only_the_page_that_reads_the_card_may_call_the_card_software(newcomer):
    newcomer.comes_to_the_reading()
    answer = newcomer.browser.asks(f"{newcomer.address}/request/card/read")
    assert "http://127.0.0.1:16731" in answer.headers["Content-Security-Policy"]
    assert "loopback-network=(self)" in answer.headers["Permissions-Policy"]
    other = newcomer.browser.asks(f"{newcomer.address}/request/person")
    assert "127.0.0.1:16731" not in other.headers["Content-Security-Policy"]
    assert "loopback-network=()" in other.headers["Permissions-Policy"]
