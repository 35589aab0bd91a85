"""Enrollment's first step by card in Chromium: what the card says fills the request in."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, expect

from card_bridge.workstation.virtual.personas import NEWCOMER, REVOKED
from tests.fixtures.card_enrollment import card_region
from tests.fixtures.card_login import offering_the_card
from tests.fixtures.region import region
from tests.pages import enrollment_steps as steps
from tests.pages.card_workstation import PRESS_FOR_PIN, Workstation, a_workstation, decides, says, waits_for_card
from tests.pages.window import Window, windows_of
from tests.ports import free_port

__all__ = ("card_region", "region")  # not the demonstration, which is the region of the other files here


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def settings_of_region(authority, port, tmp_path):
    return offering_the_card(authority, tmp_path) | {"card_bridge_ports": (port,)}


@pytest.fixture
def workstation(card_region, authority, port, card_reader, tmp_path) -> Iterator[Workstation]:
    origin = card_region.enrollment.address
    with a_workstation(tmp_path, authority, card_reader, origin=origin, port=port) as running:
        yield running


@pytest.fixture
def window(chromium: Browser, card_region, request) -> Iterator[Window]:
    with windows_of(chromium, None, request.node) as opened:
        window = opened()
        decides(window, card_region.enrollment.address, "granted")
        window.page.goto(card_region.enrollment.address)
        yield window


def comes_to_the_reading(window: Window) -> Locator:
    steps.accepts_the_conditions(window)
    window.page.locator("input[name=card][value=yes]").check()
    steps.goes_on(window)
    return window.page.locator("#card")


def test_the_card_fills_in_what_it_proves(window, workstation):
    workstation.inserts(NEWCOMER)
    panel = comes_to_the_reading(window)
    says(panel, "Votre carte est prête")
    panel.get_by_role("button", name=PRESS_FOR_PIN).click()
    expect(window.page.get_by_text("Carte lue et vérifiée")).to_be_visible()

    window.page.get_by_role("button", name="Continuer avec cette carte").click()
    window.page.wait_for_url("**/request/person")
    holder = NEWCOMER.holder
    assert holder.family_name in window.text.upper()
    assert holder.national_id.removeprefix("8") in window.text.replace(" ", "").replace("\u202f", "")
    assert window.page.locator("#family_name, #rpps").count() == 0, "what the card proves is not typed"


def test_a_revoked_card_fills_in_nothing_and_the_page_says_why(window, workstation):
    workstation.inserts(REVOKED)
    panel = comes_to_the_reading(window)
    panel.get_by_role("button", name=PRESS_FOR_PIN).click()
    expect(window.page.get_by_text("Cette carte a été révoquée").first).to_be_visible()


def test_a_card_that_is_pulled_while_the_pin_is_asked_is_asked_for_again(window, workstation):
    workstation.inserts(NEWCOMER)
    workstation.person.meanwhile = lambda _patience: workstation.pulls()
    panel = comes_to_the_reading(window)
    panel.get_by_role("button", name=PRESS_FOR_PIN).click()
    waits_for_card(panel)
