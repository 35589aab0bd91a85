"""A login by the certificate of a card that Chromium itself shows by TLS, through nginx.

A managed policy chooses the certificate. No policy answers the question for the PIN that Chromium asks when the key is
in a card, and a headless Chromium cannot show it: there the key is in the NSS database. With the key in the card,
Chromium has a window on a display of its own, and a person types the PIN in Chromium's dialog.
"""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Playwright

from card_bridge.workstation.virtual.card import TriesInMemory
from card_bridge.workstation.virtual.cards import make_card
from card_bridge.workstation.virtual.personas import DOCTOR, PIN, PIN_TRIES, Persona
from tests.card_bridge.workstation.x11 import Person, running_display
from tests.chromium import running_chromium
from tests.installation import Installation
from tests.outages.card_door import DOMAIN, SOCKET, running_listener, running_nginx
from tests.pages.browser_with_card import add_driver, chromium_program, import_key, make_database
from tests.pages.card_installation import an_installation_with_the_card
from tests.pages.pin_dialog import cancels_it, types_the_pin
from tests.pages.window import NewWindow, Window, windows_of
from tests.ports import free_ports
from tests.processes import until

INTERNAL_AUTHENTICATE = "00880000"
"""The command by which the card signs with its authentication key (ISO/IEC 7816-4)."""


@pytest.fixture(scope="module")
def port() -> int:
    return free_ports(1)[0]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tls-door")


@pytest.fixture(scope="module")
def installation(authority, port, folder) -> Iterator[Installation]:
    data = folder / "data"
    data.mkdir(mode=0o700)
    settings = {"card_tls_domain": f"{DOMAIN}:{port}", "card_tls_socket": str(folder / SOCKET)}
    with an_installation_with_the_card(data, authority, **settings) as running:
        yield running


@pytest.fixture(scope="module")
def door(installation, authority, port, folder) -> Iterator[str]:
    """nginx and the listener; the digest of the key of nginx, as Chromium wants it."""
    with running_listener(installation.environment, folder), running_nginx(folder, port, authority) as server:
        yield server.public_key_digest


@pytest.fixture
def persona() -> Persona | None:
    return DOCTOR


@pytest.fixture
def browser(playwright: Playwright, authority, door, persona, tmp_path) -> Iterator[Browser]:
    make_database(tmp_path)
    if persona is not None:
        import_key(tmp_path, persona, authority)
    program = chromium_program(tmp_path, {})
    trusting = f"--ignore-certificate-errors-spki-list={door}"
    with running_chromium(playwright, trusting, program=str(program)) as started:
        yield started


@pytest.fixture
def window(browser, installation, request) -> Iterator[Window]:
    with windows_of(browser, installation, request.node) as opened:
        yield opened(java_script_enabled=False)


def comes_to_the_door(window: Window, installation: Installation) -> None:
    window.opens(installation.dcc)
    window.page.get_by_role("link", name="Se connecter").click()
    chooses_the_browser(window)


def chooses_the_browser(window: Window) -> None:
    button = window.page.get_by_role("button", name="Par le navigateur")
    window.page.wait_for_load_state()
    if button.is_hidden():
        window.page.locator("summary", has_text="Carte CPS").click()
    button.click()


def goes_to_the_door(window: Window, installation: Installation) -> None:
    comes_to_the_door(window, installation)
    window.page.get_by_role("link", name="Choisir mon certificat").click(no_wait_after=True)


def test_the_browser_shows_the_certificate_of_the_card_and_the_person_is_in(window, installation):
    goes_to_the_door(window, installation)
    window.arrives(installation.dcc)
    assert "Bonjour Jeanne Dupont" in window.text
    assert window.page.locator("#amr").inner_text() == "carte sc, code PIN pin, plusieurs facteurs mfa"


@pytest.mark.parametrize("persona", [None], ids=["no card"])
def test_a_browser_without_the_certificate_comes_back_with_a_sentence(window, installation):
    goes_to_the_door(window, installation)
    window.page.get_by_text("n’a montré aucun certificat").wait_for()


# --- the key in the card --------------------------------------------------------------------


@pytest.fixture
def tries() -> TriesInMemory:
    """The counter of the card's PIN. A command that asks the card for it would come between those of the browser."""
    return TriesInMemory(PIN_TRIES)


@pytest.fixture
def card(pcscd, card_slot, authority, tries):
    """The physician's CPS3 in a reader of the smart card service."""
    made = make_card(DOCTOR, authority, tries=tries)
    card_slot.insert(made)
    until(pcscd.sees_card, what="the card")
    return made


@pytest.fixture
def person(card) -> Iterator[Person]:
    """Sits in front of the display on which `browser_with_driver` has its windows."""
    with running_display() as display, closing(Person(display)) as sitting:
        yield sitting


@pytest.fixture
def browser_with_driver(playwright: Playwright, door, pcscd, person, tmp_path) -> Iterator[Browser]:
    make_database(tmp_path)
    add_driver(tmp_path)
    program = chromium_program(tmp_path, pcscd.environment | {"DISPLAY": person.display, "LC_ALL": "C.UTF-8"})
    trusting = f"--ignore-certificate-errors-spki-list={door}"
    with running_chromium(playwright, trusting, program=str(program), headless=False) as started:
        yield started


@pytest.fixture
def new_window(browser_with_driver, installation, request) -> Iterator[NewWindow]:
    with windows_of(browser_with_driver, installation, request.node) as opened:
        yield lambda: opened(java_script_enabled=False)


@pytest.fixture
def reinserts(pcscd, card_slot, card):
    """Pulls the card and puts it back."""

    def pulled_and_inserted() -> None:
        card_slot.pull()
        until(lambda: not pcscd.sees_card(), what="the removal of the card")
        card_slot.insert(card)
        until(pcscd.sees_card, what="the card")

    return pulled_and_inserted


def cancels(person: Person, window: Window) -> None:
    """Close the dialog as often as it comes back, until the browser goes on."""

    def is_back() -> bool:
        cancels_it(person)
        window.page.wait_for_timeout(200)
        return window.path.endswith("/card/return")

    until(is_back, what="the login page")


@pytest.mark.slow
def test_the_card_signs_when_its_pin_is_typed_in_the_dialog_of_the_browser(new_window, installation, person, card):
    window = new_window()
    goes_to_the_door(window, installation)
    types_the_pin(person, PIN)
    window.arrives(installation.dcc)
    assert "Bonjour Jeanne Dupont" in window.text
    assert INTERNAL_AUTHENTICATE in card.trace


@pytest.mark.slow
def test_who_types_a_wrong_pin_and_cancels_comes_back_and_may_try_again(new_window, installation, person, tries):
    """After a wrong PIN the browser asks again; who cancels has shown no certificate."""
    window = new_window()
    goes_to_the_door(window, installation)
    types_the_pin(person, "9999")
    until(lambda: tries.left == PIN_TRIES - 1, what="the refusal of the card")
    cancels(person, window)
    window.page.get_by_text("tapez son code quand il le demande").wait_for()
    assert tries.left == PIN_TRIES - 1, "no try was used without a PIN"
    chooses_the_browser(window)
    window.page.get_by_role("link", name="Choisir mon certificat").click(no_wait_after=True)
    types_the_pin(person, PIN)
    window.arrives(installation.dcc)


@pytest.mark.slow
def test_the_browser_keeps_the_pin_until_the_card_is_pulled(new_window, installation, person, reinserts):
    """NSS leaves the token open. docs/deploy.md says so."""
    first, second, third = new_window(), new_window(), new_window()
    goes_to_the_door(first, installation)
    types_the_pin(person, PIN)
    first.arrives(installation.dcc)
    goes_to_the_door(second, installation)
    second.arrives(installation.dcc)
    reinserts()
    goes_to_the_door(third, installation)
    types_the_pin(person, PIN)
    third.arrives(installation.dcc)


@pytest.mark.slow
def test_what_the_card_proves_for_a_login_of_another_browser_opens_nothing(new_window, installation, person):
    """The attacker leads the victim to the address of its own login, and the victim types the PIN."""
    attacker, victim = new_window(), new_window()
    for window in (attacker, victim):
        comes_to_the_door(window, installation)
    address = attacker.page.get_by_role("link", name="Choisir mon certificat").get_attribute("href")
    victim.page.goto("about:blank")
    victim.page.set_content(f'<a href="{address}">Voir mes résultats</a>')
    victim.page.get_by_role("link").click(no_wait_after=True)
    types_the_pin(person, PIN)
    victim.page.get_by_text("Cette connexion a commencé ailleurs").wait_for()
    for window in (attacker, victim):
        window.page.goto(f"{installation.dcc.url}/me")
        assert "Jeanne" not in window.text
