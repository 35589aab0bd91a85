"""What an application demands of the card: a login by it, and the end of the session when it leaves the reader."""

import time
from collections.abc import Iterator

import pytest

from card_bridge.workstation.virtual.personas import DOCTOR
from idp.sessions.acr import CLASS
from relying_parties.policy import AssuranceLevel, CardRemoval
from tests.actors.identity_provider import Operator
from tests.pages.card_installation import JEANNE
from tests.pages.card_login.address_space import ON_THE_INTERNET
from tests.pages.card_workstation import PRESS_FOR_PIN, opens_panel, says
from tests.processes import allowance, until


@pytest.fixture
def operator(installation) -> Iterator[Operator]:
    with installation.services() as services:
        yield Operator(services=services)


@pytest.fixture
def demanding_dcc(operator, installation) -> Iterator[None]:
    """The DCC accepts the card alone."""
    operator.amends(installation.dcc, lowest_assurance=AssuranceLevel.CARD)
    yield
    operator.amends(installation.dcc, lowest_assurance=AssuranceLevel.PASSWORD)


@ON_THE_INTERNET
def test_a_password_session_goes_on_without_a_preferred_card_and_adds_one_that_is_demanded(
    window, installation, workstation, demanding_dcc
):
    window.opens(installation.perinat)
    window.page.get_by_role("link", name="Se connecter").click()
    window.page.locator("summary", has_text="Identifiant et mot de passe").click()
    window.gives(JEANNE.login, JEANNE.password)
    window.arrives(installation.perinat)
    begun = window.page.request.get(f"{installation.perinat.url}/login", max_redirects=0)
    window.page.goto(f"{begun.headers['location']}&acr_values={CLASS[AssuranceLevel.CARD]}")
    window.page.get_by_role("button", name="Continuer sans ma carte").click()
    window.arrives(installation.perinat)
    workstation.inserts(DOCTOR)
    window.opens(installation.dcc)
    window.page.get_by_role("link", name="Se connecter").click()
    panel = window.page.locator("#card")
    says(panel, "Votre carte est prête")
    panel.get_by_role("button", name=PRESS_FOR_PIN).click()
    window.arrives(installation.dcc)


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
    opens_panel(window, installation.dcc).get_by_role("button", name=PRESS_FOR_PIN).click()
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
