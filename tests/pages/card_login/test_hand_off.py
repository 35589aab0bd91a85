"""The person goes to the card software by a link; it reads the card and brings the browser back to the login.

This way needs no permission of the browser, and no script.
"""

import re

import pytest

from card_bridge.workstation.virtual.personas import DOCTOR, RENEWED
from tests.pages.card_login.address_space import ON_THE_INTERNET
from tests.pages.card_workstation import decides, opens_panel


@ON_THE_INTERNET
@pytest.mark.parametrize(
    ("persona", "runs_scripts"),
    [(DOCTOR, True), (RENEWED, False)],
    ids=["CPS3, with script", "CPS4, without script"],
)
def test_the_card_software_reads_the_card_and_brings_the_person_back(
    new_window, installation, workstation, persona, runs_scripts
):
    window = new_window(java_script_enabled=runs_scripts)
    if runs_scripts:
        decides(window, installation.issuer, "granted")
    workstation.inserts(persona)
    panel = opens_panel(window, installation.dcc)
    if runs_scripts:
        panel.get_by_text("Lire ma carte autrement").click()
    panel.get_by_role("button", name=f"{'Par' if runs_scripts else 'Ouvrir'} le logiciel de carte").click()
    window.page.get_by_role("link", name=re.compile("Ouvrir le logiciel")).click()
    window.arrives(installation.dcc)
    assert "Bonjour Jeanne Dupont" in window.text


@ON_THE_INTERNET
@pytest.mark.parametrize("port", [1], indirect=True, ids=["second port"])
def test_on_a_shared_computer_the_software_has_another_address(new_window, installation, workstation):
    window = new_window(java_script_enabled=False)
    workstation.inserts(DOCTOR)
    opens_panel(window, installation.dcc).get_by_role("button", name="Par le logiciel de carte").click()
    window.page.get_by_text("La page ne s’ouvre pas").click()
    window.page.get_by_role("link", name="adresse 2").click()
    window.arrives(installation.dcc)


@ON_THE_INTERNET
def test_a_link_that_was_opened_elsewhere_asks_to_go_on_before_the_window(new_window, installation, workstation):
    """Such as from an e-mail, or where the browser tells no site from which page a link is."""
    window = new_window(java_script_enabled=False)
    workstation.inserts(DOCTOR)
    opens_panel(window, installation.dcc).get_by_role("button", name="Par le logiciel de carte").click()
    window.page.goto(window.page.get_by_role("link", name="Ouvrir le logiciel").get_attribute("href") or "")
    assert installation.issuer in window.text
    assert workstation.person.questions == []
    window.page.get_by_role("button", name="Continuer").click()
    window.arrives(installation.dcc)
