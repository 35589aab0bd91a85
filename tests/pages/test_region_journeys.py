"""The whole region in Chromium: a stranger asks for an account, an operator decides, the login ends in the DCC."""

import re

import pytest
from playwright.sync_api import expect

from tests.demonstration import ANNE_LAURE, ODILE, Demonstration
from tests.pages import enrollment_steps as steps
from tests.pages.window import NewWindow, Window
from tests.processes import until

CHOSEN = "Coquelicot-Vif-53!"


@pytest.fixture
def odile(open_window: NewWindow, region: Demonstration) -> Window:
    """The window of an administrator, before the queue."""
    window: Window = open_window()
    steps.opens_the_queue(window, region, ODILE)
    return window


@pytest.mark.parametrize("script", [True, False], ids=["with-script", "without-script"])
def test_a_stranger_becomes_a_professional_of_the_dcc(open_window, region, odile, script):
    name = "Villemont" if script else "Villemaire"
    email = f"eloise.{name.lower()}@exemple.test"
    window = open_window(java_script_enabled=script, viewport={"width": 320, "height": 640})
    window.asks_to_log_in(region.dcc)
    window.page.get_by_role("link", name="Demander un compte").click()
    expect(window.page.get_by_text(region.dcc.full_name)).to_be_visible()
    steps.accepts_the_conditions(window)
    steps.has_no_card(window)
    steps.says_who_they_are(window, family_name=name, email=email, birth_name="", rpps="")
    steps.presses(window, "Ajouter Onco Centre")
    steps.says_why(window)
    steps.sends(window)
    steps.verifies_their_address(window, region, email)

    steps.opens_the_request(odile, region, name)
    if script:
        assert odile.accessibility_faults() == []
    steps.decides(odile, {"Compte": "Accepter", region.dcc.full_name: "Accepter", "Onco Centre": "Accepter"})

    window.page.goto(region.link(email, "password/choose"))
    logs_in = steps.logs_in_first_by_keyboard if script else steps.logs_in_first
    logs_in(window, f"e{name.lower()}", CHOSEN)
    window.arrives(region.dcc)
    assert f"Bonjour Éloïse {name}" in window.text


def test_a_request_that_is_asked_for_more_goes_back_to_the_queue_with_the_answer(open_window, region, odile):
    email = "eloise.demandee@exemple.test"
    window = open_window(viewport={"width": 320, "height": 640})
    status = steps.asks_for_the_dcc(window, region, family_name="Demandée", email=email, rpps="")

    steps.opens_the_request(odile, region, "Demandée")
    steps.decides(odile, {"Compte": "Préciser"}, ask=("emergency_telephone",), words="Quel numéro en urgence ?")
    window.page.goto(status)
    assert "Quel numéro en urgence" in window.text
    assert window.accessibility_faults() == []
    assert not window.scrolls_sideways()
    window.page.locator("#emergency_telephone").fill("02 61 91 43 21")
    steps.presses(window, "Envoyer ma réponse")

    steps.opens_the_request(odile, region, "Demandée")
    expect(odile.page.get_by_text("Réponse reçue")).to_be_visible()


def test_a_refusal_by_keyboard_is_read_before_it_leaves_and_on_the_page_of_the_request(open_window, region, odile):
    email = "eloise.refusee@exemple.test"
    window = open_window()
    status = steps.asks_for_the_dcc(window, region, family_name="Refusée", email=email, rpps="")

    steps.refuses_by_keyboard(odile, region, "Refusée")
    expect(odile.page.get_by_text("Votre décision est enregistrée")).to_be_visible()
    window.page.goto(status)
    expect(window.page.get_by_role("heading", name="Votre demande est refusée")).to_be_visible()
    assert window.accessibility_faults() == []
    refused = until(
        lambda: [each for each in region.letters_to(email) if "Réponse" in str(each["Subject"])], what="the letter"
    )
    assert len(refused) == 1


def test_a_nurse_who_is_refused_at_the_dcc_asks_for_it_and_is_given_it(open_window, region, odile):
    window = open_window()
    window.asks_to_log_in(region.dcc)
    window.gives(ANNE_LAURE.login, ANNE_LAURE.password)
    window.page.get_by_role("link", name="Demander cet accès").click()
    window.page.get_by_role("link", name="J’ai déjà un compte : demander").click()
    assert ANNE_LAURE.name in window.text
    assert window.accessibility_faults() == []
    steps.goes_on(window)
    steps.presses(window, "Ajouter Onco Centre")
    steps.says_why(window)
    steps.sends(window)

    steps.opens_the_request(odile, region, ANNE_LAURE.family_name)
    steps.decides(odile, {region.dcc.full_name: "Accepter", "Onco Centre": "Accepter"})

    def is_let_in() -> bool:
        window.page.goto(f"{region.dcc.url}/login")
        window.page.wait_for_load_state()
        return f"Bonjour {ANNE_LAURE.name}" in window.text

    until(is_let_in, what="the page of the DCC")


def test_an_invitation_opens_the_steps_with_what_is_proposed(open_window, region):
    email = "invitee@exemple.test"
    region.enrollment_command(
        "invitation", "send", email, "--given-name", "Inès", "--family-name", "Invitée", "--community", "perinat-centre"
    )
    window = open_window(viewport={"width": 320, "height": 640})
    window.page.goto(region.link(email, "invitation"))
    assert window.accessibility_faults() == []
    assert not window.scrolls_sideways()
    steps.accepts_the_conditions(window)
    steps.has_no_card(window)
    assert window.page.locator("#family_name").input_value() == "Invitée"
    assert window.page.locator("#email").input_value() == email
    steps.says_who_they_are(window, given_name="Inès", family_name="Invitée", email=email, birth_name="", rpps="")
    expect(window.page.get_by_role("checkbox", name=re.compile("Périnat Centre")).last).to_be_checked()
    steps.says_why(window)
    steps.sends(window)
    expect(window.page.get_by_text("INS-").first).to_be_visible()
