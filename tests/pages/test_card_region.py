"""The card in the whole region, in Chromium: a stranger with a card becomes a professional, and logs in by it.

Both services, the card bridge and the virtual cards are those of `make demo`.
"""

import time

import pytest
from playwright.sync_api import expect

from tests.demonstration import ODILE, Demonstration
from tests.pages import enrollment_steps as steps
from tests.pages.card_table import asks_for_card, card_table, inserts, pulls, signs
from tests.pages.window import NewWindow, Window
from tests.processes import allowance, until

CHOSEN = "Coquelicot-Vif-53!"
PROVED = ("rpps", "profession", "family_name", "given_name")


@pytest.fixture
def window(open_window: NewWindow) -> Window:
    """The window of the person with the card."""
    return open_window()


@pytest.fixture
def table(window: Window, region: Demonstration) -> Window:
    return card_table(window, region)


def fills_in_the_rest(window: Window, **otherwise: str) -> None:
    """Step 2, where the card has filled what it proves."""
    for name in PROVED:
        expect(window.page.locator(f"#{name}")).to_have_count(0)
    expect(window.page.get_by_text("Lu sur votre carte").first).to_be_visible()
    steps.says_who_they_are(window, without=PROVED, **otherwise)


def test_a_stranger_with_a_card_becomes_a_professional_who_logs_in_by_it(open_window, window, table, region):
    email = "eloise.carte@exemple.test"
    inserts(table, "newcomer")
    asks_for_card(window, region.dcc)
    signs(window, table)
    window.page.get_by_role("link", name="Demander un compte").click()
    steps.accepts_the_conditions(window)
    expect(window.page.get_by_text("Carte lue et vérifiée")).to_be_visible()
    assert "Éloïse D’AUBRAC" in window.text
    assert window.accessibility_faults() == []
    window.page.get_by_role("button", name="Continuer avec cette carte").click()
    fills_in_the_rest(window, email=email, birth_name="")
    steps.presses(window, "Ajouter Onco Centre")
    steps.says_why(window)
    steps.sends(window)
    steps.verifies_their_address(window, region, email)

    odile = open_window()
    steps.opens_the_queue(odile, region, ODILE)
    steps.opens_the_request(odile, region, "D’AUBRAC")
    steps.decides(odile, {"Compte": "Accepter", region.dcc.full_name: "Accepter", "Onco Centre": "Accepter"})

    window.page.goto(region.link(email, "password/choose"))
    window.page.locator("input[autocomplete=new-password]").fill(CHOSEN)
    steps.goes_on(window)

    by_card = open_window()
    asks_for_card(by_card, region.dcc)
    signs(by_card, table)
    by_card.arrives(region.dcc)
    assert "SmartcardPKI" in by_card.text
    by_card.page.goto(f"{region.issuer}/account/profile")
    assert "CPS se terminant par 0006" in by_card.text


def test_the_first_step_reads_the_card_through_the_card_software(window, table, region):
    inserts(table, "expires-soon")
    window.page.goto(f"{region.enrollment}/")
    steps.accepts_the_conditions(window)
    window.page.locator("input[name=card][value=yes]").check()
    steps.goes_on(window)
    assert window.accessibility_faults() == []
    window.page.get_by_role("button", name="Continuer et autoriser").click()
    signs(window, table)
    expect(window.page.get_by_text("Carte lue et vérifiée")).to_be_visible()
    window.page.get_by_role("button", name="Ce n’est pas ma carte").click()
    expect(window.page.get_by_text("Possédez-vous une carte CPS")).to_be_visible()


def test_the_session_ends_within_three_seconds_of_the_card_and_the_applications_are_told(window, table, region):
    inserts(table, "doctor")
    asks_for_card(window, region.dcc)
    signs(window, table)
    window.arrives(region.dcc)
    window.opens(region.perinat)
    window.page.get_by_role("link", name="Se connecter").click()
    window.arrives(region.perinat)

    account = window.another()
    account.page.goto(f"{region.issuer}/account")
    most = 3 + allowance(account.page.reload)
    pulls(table)
    pulled = time.monotonic()

    def is_logged_out() -> bool:
        account.page.goto(f"{region.issuer}/account")
        return "/login/" in account.page.url

    until(is_logged_out, what="the end of the session")
    assert time.monotonic() - pulled < most
    account.page.close()

    def is_told() -> bool:
        window.page.goto(f"{region.dcc.url}/me")
        return window.path != "/me"

    until(is_told, what="the DCC, told by its server that the session has ended")
