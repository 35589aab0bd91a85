"""The permission to call the card software, which the browser asks the person for; and no software that answers.

Local Network Access (WICG): Chromium asks for a page of the Internet. The card software can be opened without it.
"""

import re
import socket

from playwright.sync_api import expect

from card_bridge.workstation.virtual.personas import DOCTOR
from tests.pages.card_login.address_space import ON_THE_INTERNET, ON_THE_INTRANET
from tests.pages.card_workstation import PRESS_FOR_PIN, decides, marks, opens_panel, says


def test_a_permission_that_is_refused_leads_to_the_card_software(new_window, installation, workstation):
    window = new_window()
    decides(window, installation.issuer, "denied")
    workstation.inserts(DOCTOR)
    panel = opens_panel(window, installation.dcc)
    says(panel, "Le navigateur n’autorise pas cette page")
    panel.get_by_role("button", name="Ouvrir le logiciel de carte").click()
    window.page.get_by_role("link", name=re.compile("Ouvrir le logiciel")).click()
    window.arrives(installation.dcc)


def test_a_permission_is_explained_before_it_is_asked_for(new_window, installation, workstation):
    window = new_window()
    decides(window, installation.issuer, "prompt")
    panel = opens_panel(window, installation.dcc)
    says(panel, "Votre navigateur peut vous demander une autorisation")
    assert workstation.person.questions == []


@ON_THE_INTERNET
def test_a_panel_that_is_open_at_once_calls_nothing_before_a_press(window, installation, workstation):
    workstation.inserts(DOCTOR)
    opens_panel(window, installation.dcc).get_by_role("button", name=PRESS_FOR_PIN).click()
    window.arrives(installation.dcc)
    window.logs_out(installation.dcc)
    decides(window, installation.issuer, "prompt")
    called: list[str] = []
    window.page.on("request", lambda asked: called.append(asked.url) if "/v1/" in asked.url else None)
    window.opens(installation.dcc)
    window.page.get_by_role("link", name="Se connecter").click()
    panel = window.page.locator("#card")
    says(panel, "Votre navigateur peut vous demander une autorisation")
    window.page.locator("summary", has_text="Carte CPS").click()
    window.page.locator("summary", has_text="Carte CPS").click()
    says(panel, "Votre navigateur peut vous demander une autorisation")
    assert called == []


@ON_THE_INTERNET
def test_a_question_that_is_closed_leads_to_the_card_software(new_window, installation, workstation):
    window = new_window()
    decides(window, installation.issuer, "prompt")
    workstation.inserts(DOCTOR)
    panel = opens_panel(window, installation.dcc)
    panel.get_by_role("button", name="Continuer et autoriser").click()
    panel.get_by_role("button", name="Ouvrir le logiciel de carte").click()
    window.page.get_by_role("link", name=re.compile("Ouvrir le logiciel")).click()
    window.arrives(installation.dcc)
    window.complaints.clear()  # Chromium says that the permission was denied


def test_without_the_card_software_the_panel_says_so(window, installation):
    panel = opens_panel(window, installation.dcc)
    says(panel, "ne répond pas")
    marks(panel, "Logiciel absent", "Lecteur", "Carte")


@ON_THE_INTERNET
def test_software_that_begins_later_is_found_without_a_press(window, installation, request):
    """As on a computer where a session has just been opened; and software that ends is said to be away."""
    panel = opens_panel(window, installation.dcc)
    says(panel, "ne répond pas")
    request.getfixturevalue("workstation").inserts(DOCTOR)
    says(panel, "Votre carte est prête")
    panel.get_by_role("button", name=PRESS_FOR_PIN).click()
    window.arrives(installation.dcc)


@ON_THE_INTERNET
def test_a_software_that_never_answers_is_not_waited_for(window, installation, port):
    with socket.create_server(("127.0.0.1", port)):  # connections are accepted, and nothing is read
        panel = opens_panel(window, installation.dcc)
        says(panel, "ne répond pas")
    marks(panel, "Logiciel absent", "Lecteur", "Carte")
    says(panel, f"il ne connaît pas {installation.issuer}")


@ON_THE_INTRANET
def test_chromium_asks_no_question_for_a_page_of_the_intranet(new_window, installation, workstation):
    """So in version 156; the page explains the question all the same, which another browser may ask."""
    window = new_window()
    decides(window, installation.issuer, "prompt")
    workstation.inserts(DOCTOR)
    panel = opens_panel(window, installation.dcc)
    panel.get_by_role("button", name="Continuer et autoriser").click()
    says(panel, "Votre carte est prête")


@ON_THE_INTRANET
def test_a_question_that_is_not_asked_is_not_waited_for_when_no_software_answers(new_window, installation, port):
    window = new_window()
    decides(window, installation.issuer, "prompt")
    window.page.clock.install()
    with socket.create_server(("127.0.0.1", port)):
        panel = opens_panel(window, installation.dcc)
        panel.get_by_role("button", name="Continuer et autoriser").click()
        says(panel, "Répondez à la question de votre navigateur")
        window.page.clock.fast_forward("01:01")
        window.page.clock.fast_forward("00:02")
        expect(panel.get_by_role("button", name="Ouvrir le logiciel de carte")).to_be_visible()
