"""The page of the login calls the card software of the workstation, which asks for the PIN and has the card sign."""

import re
from contextlib import closing

import pytest
from playwright.sync_api import expect

from card_bridge.workstation.virtual.cards import make_card
from card_bridge.workstation.virtual.personas import DOCTOR, RENEWED
from tests.card_bridge.workstation.x11 import Person, running_display
from tests.pages.card_login.address_space import ON_THE_INTERNET
from tests.pages.card_workstation import PRESS_FOR_PIN, opens_panel, running_card_bridge, says, waits_for_card
from tests.processes import until


@pytest.mark.parametrize("persona", [DOCTOR, RENEWED], ids=["CPS3", "CPS4"])
def test_from_the_button_of_the_dcc_to_its_page_by_card(window, installation, workstation, persona):
    panel = opens_panel(window, installation.dcc)
    waits_for_card(panel)

    workstation.inserts(persona)
    says(panel, "Votre carte est prête")
    assert "DUPONT" not in panel.inner_text(), "a site that is not allowed yet learns no name"
    assert panel.locator("#card-pin").count() == 0, "no page has a field for the PIN unless the workstation wants it"

    panel.get_by_role("button", name=PRESS_FOR_PIN).click()
    window.arrives(installation.dcc)
    assert "Bonjour Jeanne Dupont" in window.text
    assert window.page.locator("#amr").inner_text() == "carte sc, code PIN pin, plusieurs facteurs mfa"
    assert re.fullmatch(r"[A-Z]{3} [0-9]{3}", workstation.person.codes[-1])
    assert workstation.person.languages == ["fr"]


def test_the_card_is_open_and_read_without_a_press_the_next_time(window, installation, workstation):
    workstation.inserts(DOCTOR)
    panel = opens_panel(window, installation.dcc)
    panel.get_by_role("button", name=PRESS_FOR_PIN).click()
    window.arrives(installation.dcc)
    window.logs_out(installation.dcc)
    window.opens(installation.dcc)
    window.page.get_by_role("link", name="Se connecter").click()
    says(panel, "Votre carte est prête")
    assert "DUPONT" in panel.inner_text(), "the person has allowed this site"


@ON_THE_INTERNET
@pytest.mark.parametrize("port", [1], indirect=True, ids=["second port"])
def test_a_wrong_pin_says_what_is_left_and_the_right_one_then_opens(window, installation, workstation):
    workstation.inserts(DOCTOR)
    workstation.person.pin = "9999"
    panel = opens_panel(window, installation.dcc)
    panel.get_by_role("button", name=PRESS_FOR_PIN).click()
    says(panel, "Le code PIN est incorrect")
    says(panel, "Essais restants : 2")
    workstation.person.pin = "1234"
    panel.get_by_role("button", name="Saisir de nouveau mon code PIN").click()
    window.arrives(installation.dcc)


@ON_THE_INTERNET
@pytest.mark.parametrize("pin_from_page", [True], ids=["PIN in the page"])
def test_a_pin_that_is_typed_in_the_page_goes_to_the_card_software_alone(window, installation, workstation, port):
    """By a setting of the workstation. Its window still asks the person to agree."""
    workstation.inserts(DOCTOR)
    workstation.person.pin = None  # nobody types one in a window
    sent: list[tuple[str, str]] = []
    window.page.on("request", lambda asked: sent.append((asked.url, asked.post_data or "")))
    panel = opens_panel(window, installation.dcc)
    says(panel, "tapez votre code PIN")
    field = panel.get_by_label("Code PIN", exact=True)
    field.fill("9999")
    panel.get_by_role("button", name="Valider mon code PIN").click()
    says(panel, "Essais restants : 2")
    assert field.input_value() == ""
    panel.get_by_role("button", name="Saisir de nouveau mon code PIN").click()
    expect(field).to_be_focused()
    field.fill("1234")
    field.press("Enter")
    window.arrives(installation.dcc)
    assert {url for url, body in sent if re.search(r"\b(9999|1234)\b", body)} == {f"http://127.0.0.1:{port}/v1/sign"}


@ON_THE_INTERNET
def test_three_wrong_pins_block_the_card_and_the_panel_says_so(window, installation, workstation):
    workstation.inserts(DOCTOR)
    workstation.person.pin = "9999"
    panel = opens_panel(window, installation.dcc)
    panel.get_by_role("button", name=PRESS_FOR_PIN).click()
    says(panel, "Essais restants : 2")
    panel.get_by_role("button", name="Saisir de nouveau mon code PIN").click()
    says(panel, "Essais restants : 1")
    panel.get_by_role("button", name="Saisir de nouveau mon code PIN").click()
    says(panel, "Cette carte est bloquée")
    assert panel.locator("[role=alert] .state:not([hidden])").count() == 1
    panel.get_by_role("link", name="Me connecter avec mon identifiant").click()
    expect(window.login_field).to_be_visible()


@pytest.mark.slow
@ON_THE_INTERNET
def test_the_command_reads_by_pcscd_and_the_person_types_in_its_own_window(
    window, installation, authority, port, pcscd, card_slot, tmp_path
):
    """Every part of the workstation is the real one, but the card."""
    card_slot.insert(make_card(DOCTOR, authority))
    with (
        running_display() as display,
        closing(Person(display)) as person,
        running_card_bridge(
            tmp_path, pcscd.environment | {"DISPLAY": display}, origin=installation.issuer, port=port
        ) as confirmed,
    ):
        panel = opens_panel(window, installation.dcc)
        panel.get_by_role("button", name=PRESS_FOR_PIN).click()
        person.accepts(person.sees("Carte CPS", focused=False))
        until(lambda: confirmed.granted() == [installation.issuer], what="the confirmation")
        person.sees("Carte CPS")
        person.types("1234")
        person.presses_return()
        window.arrives(installation.dcc)
    assert "Bonjour Jeanne Dupont" in window.text
