"""The cards of an account on the page of its information, and how the person has logged in on that of the session."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from idp.accounts.card_models import CardRow, CardStatus
from tests.builders.operators import OPERATOR
from tests.fixtures.card_login import has_revocation_lists


@pytest.fixture
def changed_settings(card_settings):
    return card_settings


@pytest.fixture
def profile(idp, browser, card, authority):
    """Jeanne has logged in with her card; the text of the page of her information."""
    has_revocation_lists(idp.services, authority)
    browser.visits(f"{idp.issuer}/account")
    card.logs_in(browser)

    def profile() -> str:
        return browser.visits(f"{idp.issuer}/account/profile").text

    return profile


def test_the_session_says_that_the_person_has_logged_in_with_the_card(idp, browser, profile):
    assert "Mode de connexion Carte CPS" in browser.visits(f"{idp.issuer}/account").text


def test_a_card_is_named_by_the_end_of_its_number_with_its_validity_and_its_use(idp, profile):
    [known] = idp.services.cards.list(status=CardStatus.BOUND)
    text = profile()
    assert f"CPS se terminant par {known.number[-4:]}" in text
    assert known.number not in text
    assert "Dernière utilisation le" in text
    assert "Rattachée à ce compte le" in text
    assert "valable jusqu’au" in text
    assert "Appelez l’assistance" in text


@pytest.mark.parametrize(
    ("days", "said"),
    [
        (61, "valable jusqu’au"),
        (59, "demandez la suivante"),
        (0, "demandez la suivante"),
        (-2, "seule la nouvelle ouvre ce compte"),
    ],
)
def test_a_card_that_expires_soon_or_has_expired_says_what_to_do(idp, profile, days, said):
    [known] = idp.services.cards.list(status=CardStatus.BOUND)
    today = datetime.now(ZoneInfo(idp.settings.time_zone)).date()
    with idp.services.database.transaction() as session:
        session.get_one(CardRow, known.number).expires_on = today + timedelta(days)
    text = profile()
    ways = ("valable jusqu’au", "demandez la suivante", "seule la nouvelle ouvre ce compte")
    assert [way for way in ways if way in text] == [said]


def test_a_card_that_was_ended_says_so(idp, browser, jeanne, profile):
    [known] = idp.services.cards.list(status=CardStatus.BOUND)
    idp.services.cards.end(known.number, actor=OPERATOR)
    browser.visits(f"{idp.issuer}/account/profile")  # its sessions have ended with it
    browser.gives(jeanne)
    assert "elle n’ouvre plus ce compte" in profile()


def test_an_account_without_a_card_has_no_such_section(idp, browser, paul):
    browser.visits(f"{idp.issuer}/account/profile")
    browser.gives(paul)
    assert "Mes cartes" not in browser.page.text
