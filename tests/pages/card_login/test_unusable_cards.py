"""A card that cannot open the account, or leaves the reader meanwhile: the panel or the next page says what to do."""

import pytest
from playwright.sync_api import expect

from card_bridge.workstation.virtual.personas import DOCTOR, EXPIRED, NEWCOMER, REVOKED
from tests.pages.card_login.address_space import ON_THE_INTERNET
from tests.pages.card_workstation import PRESS_FOR_PIN, opens_panel, says


@ON_THE_INTERNET
def test_a_card_that_is_pulled_while_the_pin_is_asked(window, installation, workstation):
    workstation.inserts(DOCTOR)
    workstation.person.meanwhile = lambda _patience: workstation.pulls()
    panel = opens_panel(window, installation.dcc)
    panel.get_by_role("button", name=PRESS_FOR_PIN).click()
    says(panel, "Insérez votre carte CPS")


@ON_THE_INTERNET
def test_a_card_that_is_pulled_and_put_back_is_seen_live(window, installation, workstation):
    workstation.inserts(DOCTOR)
    panel = opens_panel(window, installation.dcc)
    says(panel, "Votre carte est prête")
    workstation.pulls()
    says(panel, "Insérez votre carte CPS")
    workstation.inserts(DOCTOR)
    says(panel, "Votre carte est prête")


@ON_THE_INTERNET
@pytest.mark.parametrize(("persona", "said"), [(EXPIRED, "Cette carte n’est plus valable"), (None, "Insérez")])
def test_a_card_that_cannot_sign_is_said_before_the_pin_is_asked(window, installation, workstation, persona, said):
    if persona is not None:
        workstation.inserts(persona)
    says(opens_panel(window, installation.dcc), said)


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
