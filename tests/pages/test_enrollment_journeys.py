"""A person asks for an account in Chromium: with and without script, by keyboard, in French and in English."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Thread

import pytest
from playwright.sync_api import Browser, expect
from sqlalchemy import select, update
from werkzeug.serving import make_server

from config.sql.database import SQLITE_FILE
from enrollment.requests.models import EnrollmentRequest
from enrollment.settings import EnrollmentSettings
from tests.actors.applicant import ELOISE_TYPES
from tests.actors.enrollment import Enrollment, running
from tests.fixtures.applicant import enrollment_settings, offering
from tests.pages.window import Window, windows_of
from tests.ports import free_port

__all__ = ["enrollment_settings", "offering"]

WHY = "Je présente mes patientes en réunion."


@pytest.fixture
def served(enrollment_settings: EnrollmentSettings, enrollment_migrated: Path) -> Iterator[Enrollment]:
    """Enrollment on a socket, as browsers reach it: localhost is a secure context."""
    port = free_port()
    settings = replace(enrollment_settings, address=f"http://localhost:{port}", port=port)
    shutil.copy(enrollment_migrated, settings.data_folder / SQLITE_FILE)
    with running(settings) as enrollment:
        server = make_server("127.0.0.1", port, enrollment.app, threaded=True)
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield enrollment
        server.shutdown()
        thread.join()


@pytest.fixture
def open_window(chromium: Browser, request: pytest.FixtureRequest):
    with windows_of(chromium, None, request.node) as opened:
        yield opened


def presses(window: Window, words: str) -> None:
    window.page.get_by_role("button", name=words).click()
    window.page.wait_for_load_state()


def is_without_fault(window: Window) -> None:
    """What every page owes at any width."""
    assert window.accessibility_faults() == []
    size = window.page.viewport_size
    window.is_as_wide_as_a_telephone()
    assert not window.scrolls_sideways()
    window.page.set_viewport_size(size)


def fills_in_step_2(window: Window) -> None:
    for name, text in ELOISE_TYPES.items():
        field = window.page.locator(f"#{name}")
        if name in ("civility", "confidentiality"):
            window.page.locator(f"input[name={name}][value={text}]").check()
        elif name in ("title", "country", "department"):
            field.select_option(text)
        else:
            field.fill(text)


def a_minute_passes(enrollment: Enrollment) -> None:
    """Nobody fills in four pages in a few seconds but a test."""
    with enrollment.services.database.transaction() as session:
        begun = session.scalars(select(EnrollmentRequest)).one().created_at
        session.execute(update(EnrollmentRequest).values(created_at=begun - timedelta(minutes=1)))


def the_link(enrollment: Enrollment) -> str:
    letter = enrollment.letters()[-1].get_content()
    return next(word for word in letter.split() if word.startswith("http"))


@pytest.mark.parametrize("script", [True, False], ids=["with-script", "without-script"])
def test_from_the_entry_to_the_queue(open_window, served, script):
    window = open_window(java_script_enabled=script)
    page = window.page
    page.goto(f"{served.address}/?application=dcc")
    page.locator("#conditions").check()
    presses(window, "Je souhaite faire une demande")
    page.locator("input[name=card][value=no]").check()
    presses(window, "Continuer")
    fills_in_step_2(window)
    page.locator("form.stack .actions button").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Vos accès")

    expect(page.get_by_label("Dossier communicant de cancérologie", exact=False).first).to_be_checked()
    presses(window, "Ajouter Onco Centre")
    for reason in page.locator("li:has(> .choice :checked) input[id^=reason-]").all():
        reason.fill(WHY)
    if script:
        is_without_fault(window)
    page.locator("form.stack .actions button").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Vérifiez, puis envoyez")
    if script:  # without, the browser asks first whether it may send the choices again
        page.go_back()
    else:
        page.get_by_role("link", name="Modifier").last.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Vos accès")
    page.wait_for_load_state()
    assert {each.input_value() for each in page.locator("li:has(> .choice :checked) input[id^=reason-]").all()} == {WHY}
    page.locator("form.stack .actions button").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Vérifiez, puis envoyez")
    a_minute_passes(served)
    if script:
        expect(page.locator(".guard")).to_contain_text("Calcul terminé")
        assert page.locator("input[name=altcha]").input_value()
        is_without_fault(window)
    presses(window, "Terminer mon inscription")
    expect(page.get_by_role("heading", level=1)).to_have_text("Demande enregistrée")

    page.goto(the_link(served))
    presses(window, "Confirmer mon adresse")
    expect(page.get_by_text("À l’étude").first).to_be_visible()
    with served.services.database.transaction() as session:
        assert session.scalars(select(EnrollmentRequest)).one().state == "pending"


def test_a_form_that_is_sent_before_the_proof_is_found_waits_for_it(open_window, served):
    window = open_window()
    page = window.page
    page.goto(served.address)
    page.locator("#conditions").check()
    presses(window, "Je souhaite faire une demande")
    page.locator("input[name=card][value=no]").check()
    presses(window, "Continuer")
    fills_in_step_2(window)
    page.locator("form.stack .actions button").click()
    page.locator("form.stack .actions button").click()
    a_minute_passes(served)
    page.get_by_role("button", name="Terminer mon inscription").click(no_wait_after=True)
    expect(page.get_by_role("heading", level=1)).to_have_text("Demande enregistrée")


def types(window: Window, **texts: str) -> None:
    """Fill in fields in the order of the page, by keyboard; of the choices of one that is no text, the first."""
    for name, text in texts.items():
        field = window.page.locator(f"[name={name}]").first
        window.tabs_to(field)
        if field.get_attribute("type") == "radio":
            window.page.keyboard.press("Space")
        else:
            window.page.keyboard.press("ControlOrMeta+A")
            window.page.keyboard.type(text)


def test_a_request_is_made_by_keyboard_alone_and_in_english(open_window, served):
    window = open_window(locale="en")
    page, keyboard = window.page, window.page.keyboard
    page.goto(f"{served.address}/?application=dcc")
    window.tabs_to(page.locator("#conditions"))
    keyboard.press("Space")
    window.tabs_to(page.get_by_role("button", name="I wish to request an account"))
    keyboard.press("Enter")
    page.wait_for_url("**/request/card")
    window.tabs_to(page.locator("#card"))
    keyboard.press("ArrowDown")
    window.tabs_to(page.get_by_role("button", name="Continue"))
    keyboard.press("Enter")
    page.wait_for_url("**/request/person")
    window.tabs_to(page.locator("#rpps"))
    keyboard.type("99700123451")
    keyboard.press("Enter")
    expect(page.locator(".summary")).to_be_focused()
    assert page.locator(".summary a").count() > 5
    is_without_fault(window)
    window.tabs_to(page.locator(".summary a").first)
    keyboard.press("Enter")
    expect(page.locator("#rpps")).to_be_focused()

    keyboard.press("ControlOrMeta+A")
    keyboard.type(ELOISE_TYPES["rpps"])
    types(window, profession="Doctor", civility="first")
    types(window, **{name: ELOISE_TYPES[name] for name in ("family_name", "given_name", "street", "postcode", "town")})
    types(window, email=ELOISE_TYPES["email"], telephone=ELOISE_TYPES["telephone"], confidentiality="first")
    window.tabs_to(page.get_by_role("button", name="Continue"))
    keyboard.press("Enter")
    page.wait_for_url("**/request/profile")
    window.tabs_to(page.get_by_role("button", name="Add Onco Centre"))
    keyboard.press("Enter")
    expect(page.get_by_role("checkbox", name="Onco Centre")).to_be_checked()
    for reason in page.locator("li:has(> .choice :checked) input[id^=reason-]").all():
        window.tabs_to(reason)
        keyboard.type("I present my patients.")
    window.tabs_to(page.get_by_role("button", name="Continue"))
    keyboard.press("Enter")
    page.wait_for_url("**/request/check")
    a_minute_passes(served)
    window.tabs_to(page.get_by_role("button", name="Send my request"))
    keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Request recorded")
