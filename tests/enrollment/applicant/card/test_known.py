"""A card that no account knows was proved at the login page: enrollment has it without another PIN."""

import pytest
from sqlalchemy import select

from card_bridge.workstation.virtual.personas import NEWCOMER
from enrollment.requests.models import EnrollmentRequest


@pytest.fixture
def at_login(card_region, newcomer):
    """She has tried to log in with her card: the page that says that no account has it."""
    newcomer.browser.visits(f"{card_region.idp.issuer}/account")
    newcomer.card.logs_in(newcomer.browser)
    return newcomer


def cards(region):
    with region.enrollment.services.database.transaction() as session:
        return [each["national_id"] for each in session.scalars(select(EnrollmentRequest.card_identity)) if each]


def test_the_request_begins_with_the_card_already_read(card_region, at_login):
    at_login.browser.follows("Demander un compte")
    assert at_login.page.url.startswith(f"{at_login.address}/?")
    assert "Votre carte vient d’être lue" in at_login.page.text
    page = at_login.sends("conditions", conditions="accepted")
    assert page.url == f"{at_login.address}/request/card"
    assert NEWCOMER.holder.family_name in page.text
    assert cards(card_region) == [NEWCOMER.holder.national_id]
    at_login.presses("Continuer avec cette carte")
    assert at_login.page.url == f"{at_login.address}/request/person"


def test_a_reading_that_is_too_old_is_made_again(card_region, at_login):
    at_login.browser.follows("Demander un compte")
    for key in card_region.idp.services.store.link.execute("KEYS", "unknown-card:*", repeatable=True):
        card_region.idp.services.store.link.execute("DEL", key, repeatable=True)
    page = at_login.sends("conditions", conditions="accepted")
    assert (page.status, "n’est plus valable" in page.text) == (422, True)
    at_login.has_card_read()
    assert cards(card_region) == [NEWCOMER.holder.national_id]


def test_without_such_a_card_the_entry_is_as_ever(at_login):
    at_login.visits("/")
    assert "vient d’être lue" not in at_login.page.text
    assert at_login.sends("conditions", conditions="accepted").url.endswith("/request/card")
