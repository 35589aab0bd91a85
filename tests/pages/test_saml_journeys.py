"""The demonstration's own journeys: one login for applications of OpenID Connect and of SAML, one logout for all."""

import re
from base64 import b64decode
from html import escape
from urllib.parse import parse_qs

import pytest
from playwright.sync_api import Request, Route

from config.sql.database import Database
from idp.container.services import Services
from idp.settings import Settings
from tests.actors.identity_provider import Operator
from tests.actors.service_provider import ServiceProvider
from tests.fixtures.saml import registers
from tests.installation import Installation, RunningApplication, wait_until
from tests.pages.window import Window


def opens_messaging_from(window: Window, application: RunningApplication, messagerie: RunningApplication) -> None:
    """By the link of the application's page; a person without script presses the button of ours on the way."""
    window.page.get_by_role("link", name="Aller vers la messagerie").click()
    passes_on_to(window, messagerie)


def passes_on_to(window: Window, messagerie: RunningApplication) -> None:
    if not window.runs_scripts:
        window.page.get_by_role("button", name="Aller à la messagerie").click()
    window.arrives(messagerie)


def has_left(window: Window, application: RunningApplication) -> bool:
    """Its own page is shown to nobody: it asks for a login, which the identity provider has no answer to."""
    window.page.goto(f"{application.url}/me")
    return window.is_at_provider


def test_the_messaging_service_opens_without_a_password_after_the_dcc(any_window, dcc, messagerie, jeanne):
    any_window.logs_in(jeanne, to=dcc)

    opens_messaging_from(any_window, dcc, messagerie)

    assert "Bonjour Jeanne Dupont" in any_window.text
    assert any_window.page.locator("#context").inner_text().endswith("PasswordProtectedTransport")
    assert any_window.page.locator("#issuer").inner_text() == f"{any_window.installation.issuer}/saml/metadata"
    assert jeanne.email in any_window.page.locator("#attributes").inner_text()


def test_a_person_logs_in_to_the_messaging_service_itself(any_window, messagerie, jeanne):
    any_window.asks_to_log_in(messagerie)
    assert messagerie.full_name in any_window.text

    any_window.gives(jeanne.login, jeanne.password)
    passes_on_to(any_window, messagerie)

    assert "Bonjour Jeanne Dupont" in any_window.text


def test_one_logout_at_the_messaging_service_closes_the_dcc_too(any_window, dcc, messagerie, jeanne):
    """The DCC is told from server to server (OpenID Connect Back-Channel Logout 1.0)."""
    any_window.logs_in(jeanne, to=dcc)
    opens_messaging_from(any_window, dcc, messagerie)

    any_window.logs_out(messagerie)

    assert "ici et chez le fournisseur d’identité" in any_window.text
    wait_until(lambda: has_left(any_window, dcc) or None, what="the end of the DCC's session")
    assert has_left(any_window, messagerie)


def test_one_logout_at_the_dcc_closes_the_messaging_service_too(any_window, dcc, messagerie, jeanne):
    """The messaging service is asked through the browser (SAML Profiles, section 4.4)."""
    any_window.logs_in(jeanne, to=dcc)
    opens_messaging_from(any_window, dcc, messagerie)
    any_window.page.goto(f"{dcc.url}/me")

    any_window.logs_out(dcc)

    assert "ici et chez le fournisseur d’identité" in any_window.text
    assert has_left(any_window, messagerie)
    assert has_left(any_window, dcc)


def test_a_logout_here_says_what_became_of_each_application(any_window, dcc, perinat, messagerie, jeanne):
    """Périnat registers no way to tell it: the page says so, truthfully."""
    any_window.logs_in(jeanne, to=dcc)
    any_window.page.get_by_role("link", name="Aller vers Périnat").click()
    any_window.arrives(perinat)
    opens_messaging_from(any_window, perinat, messagerie)
    any_window.page.goto(f"{any_window.installation.issuer}/logout")

    any_window.page.get_by_role("button", name="Me déconnecter").click()

    any_window.page.get_by_role("heading", name="Déconnexion à terminer").wait_for()
    assert any_window.page.locator(".notice").first.get_attribute("class") == "notice warning"
    assert "Périnat Centre" in any_window.text
    assert has_left(any_window, messagerie)


def test_back_after_the_messaging_service_was_opened_sends_nothing_twice(window, dcc, messagerie, jeanne):
    window.logs_in(jeanne, to=dcc)
    opens_messaging_from(window, dcc, messagerie)

    window.page.go_back()
    window.page.wait_for_load_state()

    assert not window.page.url.startswith(f"{messagerie.url}/saml/")
    window.page.goto(f"{messagerie.url}/me")
    assert "Bonjour Jeanne Dupont" in window.text


def test_with_the_keyboard_alone(window, messagerie, jeanne):
    window.logs_in_with_the_keyboard(jeanne, to=messagerie)
    window.tabs_to(window.page.get_by_role("button", name="Se déconnecter"))
    window.page.keyboard.press("Enter")
    window.page.wait_for_url(re.compile(re.escape(f"{messagerie.url}/signed-out")))


@pytest.mark.parametrize("narrow", [False, True], ids=["wide", "narrow"])
def test_the_page_that_carries_the_answer_can_be_used_by_everyone(new_window, messagerie, jeanne, narrow):
    """Without script it stays: its button is reached with the keyboard, and nothing on it is at fault."""
    window = new_window(java_script_enabled=False)
    if narrow:
        window.is_as_wide_as_a_telephone()
    window.asks_to_log_in(messagerie)
    window.gives(jeanne.login, jeanne.password)

    button = window.page.get_by_role("button", name="Aller à la messagerie")
    button.wait_for()
    assert "SAMLResponse" not in window.text
    button.focus()
    window.page.keyboard.press("Enter")
    window.arrives(messagerie)


@pytest.fixture(scope="module")
def by_post(installation: Installation) -> ServiceProvider:
    """A service provider whose requests are forms of its own site."""
    settings = Settings.load(environment=installation.environment)
    database = Database.open(settings)
    services = Services.of(settings, database)
    provider = registers(Operator(services=services), name="by-post", identifier="by-post")
    database.close()
    return provider


def posts_its_request(window: Window, provider: ServiceProvider) -> list[Request]:
    """The button on its page; what its consumer is then posted, once that has come."""
    fields = "".join(
        f"<input type=hidden name={name} value='{escape(value)}'>" for name, value in provider.posts().items()
    )
    form = f"<form method=post action='{provider.address}'>{fields}<button>Aller</button></form>"
    answers: list[Request] = []

    def its_site(route: Route) -> None:
        if route.request.method == "POST":
            answers.append(route.request)
        route.fulfill(status=200, content_type="text/html", body=f"<title>Chez elle</title>{form}")

    window.page.route("https://messagerie.example/**", its_site)
    window.page.goto("https://messagerie.example/")
    window.page.get_by_role("button", name="Aller").click()
    return answers


def is_answered(window: Window, provider: ServiceProvider, answers: list[Request]) -> str:
    if not window.runs_scripts:
        window.page.get_by_role("button", name=re.compile("^Aller")).click()
    window.page.wait_for_url(provider.consumer)
    [response] = parse_qs(answers[-1].post_data)["SAMLResponse"]
    return b64decode(response).decode()


def test_a_login_begun_by_another_site_s_form_is_kept_by_the_browser(any_window, by_post, jeanne):
    """The POST carries none of our cookies, and the one in its answer, which keeps the login, is taken all the same."""
    answers = posts_its_request(any_window, by_post)
    any_window.gives(jeanne.login, jeanne.password)
    assert f">{jeanne.email}<" in is_answered(any_window, by_post, answers)


def test_an_open_session_answers_another_site_s_form(any_window, dcc, by_post, jeanne):
    any_window.logs_in(jeanne, to=dcc)
    answers = posts_its_request(any_window, by_post)
    assert f">{jeanne.email}<" in is_answered(any_window, by_post, answers)


def test_the_messaging_service_is_told_where_the_answer_comes_from(any_window, messagerie, jeanne):
    """RFC 6454, section 7.3: the Origin of the form is ours, and not null; nothing but it is in Referer."""
    any_window.asks_to_log_in(messagerie)

    with any_window.page.expect_request(lambda asked: asked.method == "POST" and messagerie.url in asked.url) as sent:
        any_window.gives(jeanne.login, jeanne.password)
        passes_on_to(any_window, messagerie)

    said = sent.value.all_headers()
    assert said["origin"] == any_window.installation.issuer
    assert said.get("referer") in (None, f"{any_window.installation.issuer}/")
