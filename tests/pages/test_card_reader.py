"""A login by card in Chromium through a real smart card service: pyscard, pcscd and vsmartcard's reader."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, expect

from card_bridge.states import CardState
from card_bridge.workstation.operation import look
from card_bridge.workstation.pcsc import PcscReaders
from card_bridge.workstation.settings import BridgeSettings
from card_bridge.workstation.virtual.authority import Authority
from card_bridge.workstation.virtual.cards import make_card
from card_bridge.workstation.virtual.personas import DOCTOR, RENEWED, REVOKED, Persona
from card_bridge.workstation.virtual.vpcd import VpcdReader
from tests.card_bridge.workstation.people import AnsweringPerson
from tests.card_bridge.workstation.running_bridge import running_bridge
from tests.installation import Installation
from tests.pages.card_installation import an_installation_with_the_card
from tests.pages.window import PATIENCE_MS, NewWindow, Window, windows_of
from tests.ports import free_port
from tests.processes import until

BOTH_CARDS = pytest.mark.parametrize("persona", [DOCTOR, RENEWED], ids=["CPS3", "CPS4"])


@dataclass(frozen=True, slots=True)
class Workstation:
    """The computer before the person, with a reader that pcscd knows."""

    authority: Authority
    slot: VpcdReader
    person: AnsweringPerson

    def inserts(self, persona: Persona) -> None:
        self.slot.insert(make_card(persona, self.authority))
        until(lambda: look(PcscReaders()).state is not CardState.NO_CARD, what="the card")


@pytest.fixture(scope="module")
def port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def installation(authority: Authority, port: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    folder = tmp_path_factory.mktemp("card-reader")
    with an_installation_with_the_card(folder, authority, card_bridge_ports=str(port)) as running:
        yield running


@pytest.fixture
def workstation(
    installation: Installation, authority: Authority, port: int, card_slot: VpcdReader, tmp_path: Path
) -> Iterator[Workstation]:
    person = AnsweringPerson()
    settings = BridgeSettings(origins=(installation.issuer,), development=True)
    with running_bridge(tmp_path, PcscReaders(), person, settings=settings, port=port):
        yield Workstation(authority, card_slot, person)


@pytest.fixture
def window(chromium: Browser, installation: Installation, request: pytest.FixtureRequest) -> Iterator[Window]:
    opened: NewWindow
    with windows_of(chromium, installation, request.node) as opened:
        yield opened()


def _opens_panel(window: Window, installation: Installation) -> Locator:
    window.opens(installation.dcc)
    window.page.get_by_role("link", name="Se connecter").click()
    window.page.locator("summary", has_text="Carte CPS").click()
    window.page.get_by_role("button", name="Continuer et autoriser").click()
    return window.page.locator("#card")


def _shows(panel: Locator, state: str) -> None:
    expect(panel).to_have_attribute("data-shown", state, timeout=PATIENCE_MS)


@BOTH_CARDS
def test_a_professional_logs_in_to_the_dcc_from_the_page(window, installation, workstation, persona):
    workstation.inserts(persona)
    panel = _opens_panel(window, installation)
    panel.get_by_role("button", name="Saisir mon code PIN").click()
    window.arrives(installation.dcc)
    assert "Bonjour Jeanne Dupont" in window.text


@BOTH_CARDS
def test_a_professional_logs_in_to_the_dcc_by_the_hand_off(window, installation, workstation, persona):
    workstation.inserts(persona)
    panel = _opens_panel(window, installation)
    panel.locator("summary", has_text="Lire ma carte autrement").click()
    panel.get_by_role("button", name="Par le logiciel de carte").click()
    window.page.get_by_role("link", name="Ouvrir le logiciel de carte").click()
    window.arrives(installation.dcc)


def test_a_wrong_pin_three_times_blocks_the_card(window, installation, workstation):
    workstation.inserts(DOCTOR)
    workstation.person.pin = "9999"
    panel = _opens_panel(window, installation)
    for state in ("pin-wrong", "pin-wrong", "pin-blocked"):
        panel.get_by_role("button", name="code PIN").first.click()
        _shows(panel, state)


def test_a_card_that_is_pulled_and_put_back_is_seen_live(window, installation, workstation):
    workstation.inserts(DOCTOR)
    panel = _opens_panel(window, installation)
    _shows(panel, "ready")
    workstation.slot.pull()
    _shows(panel, "no-card")
    workstation.slot.insert(make_card(DOCTOR, workstation.authority))
    _shows(panel, "ready")


def test_a_revoked_card_is_refused(window, installation, workstation):
    workstation.inserts(REVOKED)
    panel = _opens_panel(window, installation)
    panel.get_by_role("button", name="Saisir mon code PIN").click()
    window.page.get_by_text("Cette carte a été révoquée").wait_for()
