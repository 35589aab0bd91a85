"""The virtual cards of `make demo` in Chromium: people log in with a card, without a reader, root or pyscard."""

import pytest
from playwright.sync_api import expect

from tests.demonstration import Demonstration
from tests.pages.card_table import RIGHT_PIN, WRONG_PIN, answers, asks_for_card, card_table, inserts, presses, signs
from tests.pages.window import NewWindow, Window


@pytest.fixture
def window(open_window: NewWindow) -> Window:
    """The window of the person who logs in."""
    return open_window()


@pytest.fixture
def table(window: Window, region: Demonstration) -> Window:
    """The page that moves cards, in another tab, with every card as it was when it was new."""
    return card_table(window, region)


def _asks_for_the_card(window: Window, region: Demonstration) -> None:
    asks_for_card(window, region.dcc)


@pytest.mark.parametrize(("persona", "name"), [("doctor", "Jeanne Dupont"), ("renewed", "Jeanne Dupont")])
def test_a_professional_logs_in_with_a_card_of_each_kind(window, table, region, persona, name):
    inserts(table, persona)
    _asks_for_the_card(window, region)
    signs(window, table)
    window.arrives(region.dcc)
    assert name in window.text
    assert "SmartcardPKI" in window.text
    assert window.complaints == []


def test_a_wrong_pin_three_times_blocks_the_card_and_says_nothing_of_another(window, table, region):
    inserts(table, "pharmacist")
    _asks_for_the_card(window, region)
    card = window.page.locator("#card")
    signs(window, table, WRONG_PIN)
    expect(card).to_have_attribute("data-shown", "pin-wrong")
    inserts(table, "doctor")  # at once, so that no look of the page finds the reader empty
    expect(card).to_have_attribute("data-shown", "ready")
    inserts(table, "pharmacist")
    for left in (1, 0):
        signs(window, table, WRONG_PIN)
        row = table.page.get_by_role("row").filter(has_text="pharmacist")
        expect(row.get_by_text(f"{left} / 3")).to_be_visible()
    expect(card).to_have_attribute("data-shown", "pin-blocked")


@pytest.mark.parametrize(
    ("persona", "state"),
    [
        ("expired", "expired"),
        ("not-activated", "not-activated"),
        ("pin-blocked", "pin-blocked"),
        ("not-yet-valid", "not-yet-valid"),
    ],
)
def test_a_card_that_cannot_be_used_is_said_so_without_a_pin(window, table, region, persona, state):
    inserts(table, persona)
    _asks_for_the_card(window, region)
    expect(window.page.locator("#card")).to_have_attribute("data-shown", state)


@pytest.mark.parametrize("persona", ["revoked", "real-category", "wrong-issuer", "wrong-usage"])
def test_a_card_that_the_service_does_not_believe_is_refused(window, table, region, persona):
    inserts(table, persona)
    _asks_for_the_card(window, region)
    signs(window, table)
    expect(window.page.get_by_role("alert").first).to_be_visible()
    assert "/login/" in window.page.url


def test_a_card_that_is_pulled_and_put_back_is_seen_live(window, table, region):
    inserts(table, "doctor")
    _asks_for_the_card(window, region)
    card = window.page.locator("#card")
    expect(card).to_have_attribute("data-shown", "ready")
    presses(table, "Retirer la carte")
    expect(card).to_have_attribute("data-shown", "no-card")
    inserts(table, "doctor")
    expect(card).to_have_attribute("data-shown", "ready")


def test_the_keyboard_stays_in_the_panel_when_the_pressed_button_goes_away(window, table, region):
    inserts(table, "doctor")
    window.opens(region.dcc)
    window.page.get_by_role("link", name="Se connecter").click()
    window.page.locator("summary").filter(has_text="Carte CPS").click()
    window.page.get_by_role("button", name="Continuer et autoriser").press("Enter")
    expect(window.page.locator("#card")).to_have_attribute("data-shown", "ready")
    expect(window.page.locator("#card")).to_be_focused()
    window.page.keyboard.press("Tab")
    expect(window.page.get_by_role("button", name="Saisir mon code PIN")).to_be_focused()


def test_the_page_of_the_cards_is_accessible_also_on_a_narrow_screen(table):
    assert table.accessibility_faults() == []
    table.page.set_viewport_size({"width": 320, "height": 640})
    assert not table.scrolls_sideways()


def test_a_professional_logs_in_by_the_hand_off(window, table, region):
    """The second door: the page leads to the bridge, which sends the browser back."""
    inserts(table, "doctor")
    window.opens(region.dcc)
    window.page.get_by_role("link", name="Se connecter").click()
    window.page.locator("summary").filter(has_text="Carte CPS").click()
    window.page.locator("summary").filter(has_text="Lire ma carte autrement").click()
    window.page.get_by_role("button", name="Par le logiciel de carte").click()
    window.page.get_by_role("link", name="Ouvrir le logiciel de carte").click(no_wait_after=True)
    answers(table, RIGHT_PIN)
    window.arrives(region.dcc)
    assert "SmartcardPKI" in window.text
