"""A login by card in a real browser, with the real card software over a virtual card.

The address of the identity provider is treated as one of the Internet, or of the intranet. Nobody answers the question
of a headless browser: the permission is granted or denied before, or the question is closed.
"""

import re
import socket
import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from playwright.sync_api import Browser, Playwright, expect

from card_bridge.workstation.virtual.cards import make_card
from card_bridge.workstation.virtual.personas import DOCTOR, EXPIRED, NEWCOMER, RENEWED, REVOKED
from relying_parties.policy import AssuranceLevel, CardRemoval
from tests.actors.identity_provider import Operator
from tests.card_bridge.workstation.x11 import Person, running_display
from tests.chromium import running_chromium
from tests.installation import Installation
from tests.pages.card_installation import JEANNE, an_installation_with_the_card
from tests.pages.card_workstation import (
    Workstation,
    a_workstation,
    decides,
    marks,
    opens_panel,
    running_card_bridge,
    says,
)
from tests.pages.window import NewWindow, Window, windows_of
from tests.ports import free_ports
from tests.processes import allowance, until

# What the card itself is and does is the same before a service of the intranet.
ON_THE_INTERNET = pytest.mark.parametrize("browser", ["public"], indirect=True, ids=["Internet"])


@pytest.fixture(scope="module")
def ports() -> tuple[int, ...]:
    return tuple(free_ports(2))


@pytest.fixture(scope="module")
def installation(authority, ports, tmp_path_factory) -> Iterator[Installation]:
    folder = tmp_path_factory.mktemp("card-pages")
    with an_installation_with_the_card(folder, authority, card_bridge_ports=",".join(map(str, ports))) as running:
        yield running


@pytest.fixture
def operator(installation) -> Iterator[Operator]:
    with installation.services() as services:
        yield Operator(services=services)


@pytest.fixture
def port(ports, request) -> int:
    """Where the card software listens: on the usual port, unless a test says otherwise."""
    return ports[getattr(request, "param", 0)]


@pytest.fixture
def pin_from_page() -> bool:
    """Whether the settings of the workstation accept a PIN that is typed in the page."""
    return False


@pytest.fixture
def workstation(installation, authority, port, card_reader, tmp_path, pin_from_page) -> Iterator[Workstation]:
    origin = installation.issuer
    with a_workstation(
        tmp_path, authority, card_reader, origin=origin, port=port, pin_from_page=pin_from_page
    ) as running:
        yield running


@pytest.fixture(scope="module", params=["public", "local"], ids=["Internet", "intranet"])
def browser(playwright: Playwright, installation, request) -> Iterator[Browser]:
    """Chromium, which takes the address of the identity provider for one of the Internet, or of the intranet."""
    space = f"--ip-address-space-overrides=127.0.0.1:{installation.port}={request.param}"
    with running_chromium(playwright, space) as started:
        yield started


@pytest.fixture
def new_window(browser, installation, request) -> Iterator[NewWindow]:
    windows: list[Window] = []

    def opens(**wanted: Any) -> Window:
        windows.append(opened(**wanted))
        return windows[-1]

    with windows_of(browser, installation, request.node) as opened:
        yield opens
        for window in windows:  # the page asks every port of the settings, and nobody listens on the others
            window.complaints[:] = [each for each in window.complaints if "ERR_CONNECTION_REFUSED" not in each]


@pytest.fixture
def window(new_window, installation) -> Window:
    opened = new_window()
    decides(opened, installation.issuer, "granted")
    return opened


# --- door 1 ------------------------------------------------------------------------------


@pytest.mark.parametrize("persona", [DOCTOR, RENEWED], ids=["CPS3", "CPS4"])
def test_from_the_button_of_the_dcc_to_its_page_by_card(window, installation, workstation, persona):
    panel = opens_panel(window, installation.dcc)
    says(panel, "Insérez votre carte CPS")
    assert marks(panel) == ["Logiciel prêt", "Lecteur prêt", "Carte attendue"]

    workstation.inserts(persona)
    says(panel, "Votre carte est prête")
    assert "DUPONT" not in panel.inner_text(), "a site that is not allowed yet learns no name"
    assert panel.locator("#card-pin").count() == 0, "no page has a field for the PIN unless the workstation wants it"

    panel.get_by_role("button", name="Saisir mon code PIN").click()
    window.arrives(installation.dcc)
    assert "Bonjour Jeanne Dupont" in window.text
    assert window.page.locator("#amr").inner_text() == "carte sc, code PIN pin, plusieurs facteurs mfa"
    assert re.fullmatch(r"[A-Z]{3} [0-9]{3}", workstation.person.codes[-1])
    assert workstation.person.languages == ["fr"]


def test_the_card_is_open_and_read_without_a_press_the_next_time(window, installation, workstation):
    workstation.inserts(DOCTOR)
    panel = opens_panel(window, installation.dcc)
    panel.get_by_role("button", name="Saisir mon code PIN").click()
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
    panel.get_by_role("button", name="Saisir mon code PIN").click()
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
    panel.get_by_role("button", name="Saisir mon code PIN").click()
    says(panel, "Essais restants : 2")
    panel.get_by_role("button", name="Saisir de nouveau mon code PIN").click()
    says(panel, "Essais restants : 1")
    panel.get_by_role("button", name="Saisir de nouveau mon code PIN").click()
    says(panel, "Cette carte est bloquée")
    assert panel.locator("[role=alert] .state:not([hidden])").count() == 1
    panel.get_by_role("link", name="Me connecter avec mon identifiant").click()
    expect(window.login_field).to_be_visible()


@ON_THE_INTERNET
def test_a_card_that_is_pulled_while_the_pin_is_asked(window, installation, workstation):
    workstation.inserts(DOCTOR)
    workstation.person.meanwhile = lambda _patience: workstation.pulls()
    panel = opens_panel(window, installation.dcc)
    panel.get_by_role("button", name="Saisir mon code PIN").click()
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
    panel.get_by_role("button", name="Saisir mon code PIN").click()
    window.page.get_by_text("Cette carte a été révoquée").wait_for()


@ON_THE_INTERNET
def test_an_unknown_card_leads_to_the_request_for_an_account(window, installation, workstation):
    workstation.inserts(NEWCOMER)
    panel = opens_panel(window, installation.dcc)
    panel.get_by_role("button", name="Saisir mon code PIN").click()
    window.page.get_by_role("heading", name="Aucun compte n’a cette carte").wait_for()
    expect(window.page.get_by_role("link", name="Demander un compte")).to_be_visible()


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
        panel.get_by_role("button", name="Saisir mon code PIN").click()
        person.accepts(person.sees("Carte CPS", focused=False))
        until(lambda: confirmed.granted() == [installation.issuer], what="the confirmation")
        person.sees("Carte CPS")
        person.types("1234")
        person.presses_return()
        window.arrives(installation.dcc)
    assert "Bonjour Jeanne Dupont" in window.text


# --- the permission, and no software -------------------------------------------------------


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
    opens_panel(window, installation.dcc).get_by_role("button", name="Saisir mon code PIN").click()
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
    assert marks(panel)[0] == "Logiciel absent"


@ON_THE_INTERNET
def test_a_software_that_never_answers_is_not_waited_for(window, installation, port):
    with socket.create_server(("127.0.0.1", port)):  # connections are accepted, and nothing is read
        panel = opens_panel(window, installation.dcc)
        says(panel, "ne répond pas")
    assert marks(panel)[0] == "Logiciel absent"
    says(panel, f"il ne connaît pas {installation.issuer}")


@pytest.mark.parametrize("browser", ["local"], indirect=True, ids=["intranet"])
def test_chromium_asks_no_question_for_a_page_of_the_intranet(new_window, installation, workstation):
    """So in version 156; the page explains the question all the same, which another browser may ask."""
    window = new_window()
    decides(window, installation.issuer, "prompt")
    workstation.inserts(DOCTOR)
    panel = opens_panel(window, installation.dcc)
    panel.get_by_role("button", name="Continuer et autoriser").click()
    says(panel, "Votre carte est prête")


@pytest.mark.parametrize("browser", ["local"], indirect=True, ids=["intranet"])
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


# --- door 2 --------------------------------------------------------------------------------


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
    panel.get_by_role("button", name="Par le logiciel de carte").click()
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


# --- step-up -------------------------------------------------------------------------------


@pytest.fixture
def demanding_dcc(operator, installation) -> Iterator[None]:
    """The DCC accepts the card alone."""
    operator.amends(installation.dcc, lowest_assurance=AssuranceLevel.CARD)
    yield
    operator.amends(installation.dcc, lowest_assurance=AssuranceLevel.PASSWORD)


@ON_THE_INTERNET
def test_a_password_session_steps_up_by_the_card(window, installation, workstation, demanding_dcc):
    window.opens(installation.perinat)
    window.page.get_by_role("link", name="Se connecter").click()
    window.page.locator("summary", has_text="Identifiant et mot de passe").click()
    window.gives(JEANNE.login, JEANNE.password)
    window.arrives(installation.perinat)
    workstation.inserts(DOCTOR)
    window.opens(installation.dcc)
    window.page.get_by_role("link", name="Se connecter").click()
    panel = window.page.locator("#card")
    says(panel, "Votre carte est prête")
    panel.get_by_role("button", name="Saisir mon code PIN").click()
    window.arrives(installation.dcc)


# --- the card is pulled after the login ----------------------------------------------------


@pytest.fixture
def dcc_that_wants_the_card(operator, installation) -> Iterator[None]:
    """The DCC has the session end when the card leaves the reader."""
    operator.amends(installation.dcc, card_removal=CardRemoval.END_SESSION)
    yield
    operator.amends(installation.dcc, card_removal=CardRemoval.KEEP)


@ON_THE_INTERNET
def test_a_pulled_card_ends_the_session_within_three_seconds_and_the_dcc_is_told(
    window, installation, workstation, dcc_that_wants_the_card
):
    workstation.inserts(DOCTOR)
    opens_panel(window, installation.dcc).get_by_role("button", name="Saisir mon code PIN").click()
    window.arrives(installation.dcc)
    most = 3 + allowance(window.page.reload)

    pulled = time.monotonic()
    workstation.pulls()

    def is_out_of_the_dcc() -> bool:
        window.page.reload()
        return "Bonjour Jeanne Dupont" not in window.text

    until(is_out_of_the_dcc, what="the end of the session of the DCC")
    assert time.monotonic() - pulled < most
    window.opens(installation.dcc)
    window.page.get_by_role("link", name="Se connecter").click()
    window.page.locator("summary", has_text="Carte CPS").wait_for()
