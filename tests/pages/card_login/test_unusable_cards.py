"""A card that cannot open the account, or leaves the reader meanwhile: the panel or the next page says what to do."""

from playwright.sync_api import expect

from card_bridge.workstation.virtual.personas import DOCTOR, EXPIRED, NEWCOMER, REVOKED
from tests.pages.card_login.address_space import ON_THE_INTERNET
from tests.pages.card_workstation import PRESS_FOR_PIN, opens_panel, says, waits_for_card


@ON_THE_INTERNET
def test_a_card_that_is_pulled_while_the_pin_is_asked(window, installation, workstation):
    workstation.inserts(DOCTOR)
    workstation.person.meanwhile = lambda _patience: workstation.pulls()
    panel = opens_panel(window, installation.dcc)
    panel.get_by_role("button", name=PRESS_FOR_PIN).click()
    waits_for_card(panel)


@ON_THE_INTERNET
def test_a_card_that_is_pulled_and_put_back_is_seen_live(window, installation, workstation):
    workstation.inserts(DOCTOR)
    panel = opens_panel(window, installation.dcc)
    says(panel, "Votre carte est prête")
    workstation.pulls()
    waits_for_card(panel)
    workstation.inserts(DOCTOR)
    says(panel, "Votre carte est prête")


@ON_THE_INTERNET
def test_a_card_that_cannot_sign_is_said_before_the_pin_is_asked(window, installation, workstation):
    workstation.inserts(EXPIRED)
    says(opens_panel(window, installation.dcc), "Cette carte n’est plus valable")


@ON_THE_INTERNET
def test_a_reader_without_a_card_is_said_to_wait_for_one(window, installation, workstation):
    waits_for_card(opens_panel(window, installation.dcc))


@ON_THE_INTERNET
def test_a_revoked_card_is_refused_with_its_reason(window, installation, workstation):
    workstation.inserts(REVOKED)
    panel = opens_panel(window, installation.dcc)
    panel.get_by_role("button", name=PRESS_FOR_PIN).click()
    window.page.get_by_text("Cette carte a été révoquée").wait_for()


@ON_THE_INTERNET
def test_an_unknown_card_leads_to_the_request_for_an_account(window, installation, workstation):
    workstation.inserts(NEWCOMER)
    panel = opens_panel(window, installation.dcc)
    panel.get_by_role("button", name=PRESS_FOR_PIN).click()
    window.page.get_by_role("heading", name="Aucun compte n’a cette carte").wait_for()
    expect(window.page.get_by_role("link", name="Demander un compte")).to_be_visible()
