"""An application that logs people in in a window of its own is told by it: `window.opener` is there at the end."""

import re

from playwright.sync_api import Page

from tests.installation import RunningApplication
from tests.pages.window import Window


def opens_a_popup(window: Window, application: RunningApplication) -> Page:
    """The application's own button, which opens a window instead of leaving the page."""
    window.opens(application)
    login = window.page.get_by_role("link", name="Se connecter").get_attribute("href")
    window.page.evaluate("window.addEventListener('message', (event) => { window.told = event.data })")
    with window.page.expect_popup() as opened:
        window.page.evaluate("address => { window.open(address, 'login', 'width=600,height=700') }", login)
    return opened.value


def logs_in(popup: Page, login: str, password: str) -> None:
    popup.locator("input[autocomplete~=username]").fill(login)
    popup.locator("input[autocomplete=current-password]").fill(password)
    popup.locator("form:has(input[autocomplete=current-password]) button[type=submit]").click()


def is_told(window: Window, popup: Page, application: RunningApplication) -> None:
    popup.wait_for_url(f"{application.url}/me")
    assert popup.evaluate("window.opener !== null"), "the window that opened this one was cut off"
    popup.evaluate("window.opener.postMessage('logged in', window.location.origin)")
    window.page.wait_for_function("window.told === 'logged in'")


def test_a_popup_of_openid_connect_tells_the_application(window, dcc, jeanne):
    popup = opens_a_popup(window, dcc)
    logs_in(popup, jeanne.login, jeanne.password)
    is_told(window, popup, dcc)


def test_a_popup_of_saml_tells_the_application(window, messagerie, jeanne):
    popup = opens_a_popup(window, messagerie)
    logs_in(popup, jeanne.login, jeanne.password)
    is_told(window, popup, messagerie)


def test_whatever_pages_the_person_goes_through(window, dcc, person):
    """A refused password, another language, what accessibility says, the pages about passwords, and back."""
    popup = opens_a_popup(window, dcc)
    logs_in(popup, person.login, "not it")
    popup.get_by_text("Il y a un problème").wait_for()
    popup.get_by_role("link", name="English").click()
    popup.get_by_role("link", name=re.compile("Accessibility")).click()
    popup.get_by_role("link", name="Français").click()
    popup.go_back()
    popup.go_back()
    popup.get_by_role("link", name=re.compile("Forgot|oublié")).click()
    popup.go_back()
    popup.get_by_role("link", name=re.compile("Change|Changer")).first.click()
    popup.get_by_role("link", name=re.compile("Back|Revenir|Return")).click()
    logs_in(popup, person.login, person.password)
    is_told(window, popup, dcc)
