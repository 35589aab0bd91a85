"""From an application's button to its page and out again, in a real browser."""

import re

import pytest

from tests.installation import Professional
from tests.pages.window import Window


def test_from_the_button_of_the_dcc_to_its_page_with_a_signed_identity(any_window, dcc, jeanne):
    any_window.asks_to_log_in(dcc)
    assert dcc.full_name in any_window.text  # the application about to be reached

    any_window.gives(jeanne.login, jeanne.password)
    any_window.arrives(dcc)

    assert "Bonjour Jeanne Dupont" in any_window.text
    assert any_window.page.locator("#amr").inner_text() == "mot de passe pwd"
    assert any_window.page.locator("#iss").inner_text() == any_window.installation.issuer
    assert re.fullmatch(r"[\w.-]{16,}", any_window.page.locator("#sid").inner_text())


def test_a_second_application_asks_for_no_password(any_window, dcc, perinat, jeanne):
    any_window.logs_in(jeanne, to=dcc)
    session = any_window.page.locator("#sid").inner_text()

    any_window.page.get_by_role("link", name="Aller vers Périnat").click()

    any_window.arrives(perinat)
    assert "Bonjour Jeanne Dupont" in any_window.text
    assert any_window.page.locator("#sid").inner_text() != session  # each application has its own


def test_after_logout_back_shows_nothing_and_another_application_asks_again(any_window, dcc, perinat, jeanne):
    any_window.logs_in(jeanne, to=dcc)

    any_window.logs_out(dcc)

    assert "et chez le fournisseur d’identité" in any_window.text
    for _ in range(5):
        any_window.page.go_back()
        assert "Jeanne" not in any_window.text
    any_window.asks_to_log_in(perinat)


def test_a_wrong_password_is_said_and_the_right_one_then_opens(any_window, dcc, person):
    any_window.asks_to_log_in(dcc)
    any_window.gives(person.login, "pas celui-là")

    any_window.page.get_by_text("Il y a un problème").wait_for()
    assert any_window.page.title().startswith("Erreur")
    assert any_window.login_field.input_value() == person.login
    assert any_window.password_field.input_value() == ""
    assert dcc.full_name in any_window.text

    any_window.gives(person.login, person.password)
    any_window.arrives(dcc)


def test_an_unknown_login_and_a_wrong_password_are_answered_alike(window, dcc, person):
    def what_is_said(login: str) -> str:
        window.asks_to_log_in(dcc)
        window.gives(login, "pas celui-là")
        window.page.get_by_text("Il y a un problème").wait_for()
        return window.text

    assert what_is_said(person.login) == what_is_said("personne")


def test_with_the_keyboard_alone(window, dcc, jeanne):
    window.logs_in_with_the_keyboard(jeanne, to=dcc)
    window.tabs_to(window.page.get_by_role("button", name="Se déconnecter"))
    window.page.keyboard.press("Enter")
    window.page.wait_for_url(re.compile("/signed-out"))


def test_two_tabs_log_in_to_two_applications(window, dcc, perinat, jeanne):
    other = window.another()
    window.asks_to_log_in(dcc)
    other.asks_to_log_in(perinat)

    other.gives(jeanne.login, jeanne.password)
    other.arrives(perinat)
    window.gives(jeanne.login, jeanne.password)
    window.arrives(dcc)


def test_two_tabs_log_in_to_one_application(window, dcc, jeanne):
    other = window.another()
    window.asks_to_log_in(dcc)
    other.asks_to_log_in(dcc)

    window.gives(jeanne.login, jeanne.password)
    window.arrives(dcc)
    other.gives(jeanne.login, jeanne.password)
    other.arrives(dcc)


def test_an_open_tab_goes_on_by_itself_once_another_has_logged_in(window, dcc, perinat, jeanne):
    other = window.another()
    window.asks_to_log_in(dcc)
    other.logs_in(jeanne, to=perinat)

    window.page.reload()

    window.arrives(dcc)


def test_back_from_the_sign_on_page_then_forward_loses_nothing(window, dcc, jeanne):
    window.asks_to_log_in(dcc)
    window.page.go_back()
    assert window.page.url == f"{dcc.url}/"
    window.page.go_forward()

    window.gives(jeanne.login, jeanne.password)
    window.arrives(dcc)


def test_back_from_the_application_is_no_dead_end(any_window, dcc, jeanne):
    any_window.logs_in(jeanne, to=dcc)

    any_window.page.go_back()

    assert_leads_to_the_dcc(any_window)


def assert_leads_to_the_dcc(window: Window) -> None:
    """Either it went on by itself, or there is a link to go on."""
    if window.is_at_provider:
        window.page.get_by_role("main").get_by_role("link", name="au DCC").first.click()
    window.page.wait_for_url(re.compile(re.escape(window.installation.dcc.url)))


@pytest.mark.parametrize("at", ["the application's button", "the password's button"])
def test_a_double_click_logs_in_once(any_window, dcc, jeanne, at):
    any_window.opens(dcc)
    begin = any_window.page.get_by_role("link", name="Se connecter")
    begin.dblclick() if at == "the application's button" else begin.click()
    any_window.login_field.fill(jeanne.login)
    any_window.password_field.fill(jeanne.password)
    any_window.submit.dblclick() if at == "the password's button" else any_window.submit.click()

    any_window.arrives(dcc)
    assert "Bonjour Jeanne Dupont" in any_window.text


def test_an_old_sign_on_page_says_how_to_start_again(any_window, dcc, jeanne):
    any_window.asks_to_log_in(dcc)
    old = any_window.page.url
    any_window.page.context.clear_cookies()

    any_window.page.goto(old)

    assert_leads_to_the_dcc(any_window)


def test_a_person_who_is_not_entitled_is_told_so(any_window, dcc, perinat, installation, person_to_come):
    person = installation.create(person_to_come, entitled_to=())
    any_window.logs_in(person, to=perinat)

    any_window.page.get_by_role("link", name="Aller vers le DCC").click()

    any_window.page.wait_for_load_state()
    assert dcc.full_name in any_window.text
    assert "Bonjour" not in any_window.text


def test_in_english(new_window, dcc, jeanne: Professional):
    window: Window = new_window(locale="en-GB")
    window.asks_to_log_in(dcc)
    assert window.page.locator("html").get_attribute("lang") == "en"
    assert "Password" in window.text


def test_the_language_can_be_changed_in_the_middle_of_a_login(any_window, dcc, jeanne):
    any_window.asks_to_log_in(dcc)
    assert any_window.page.locator("html").get_attribute("lang") == "fr"

    any_window.page.get_by_role("link", name="English").click()
    any_window.page.locator("html[lang=en]").wait_for()

    any_window.gives(jeanne.login, jeanne.password)
    any_window.arrives(dcc)
