"""oidc-client-ts, an application that lives in a browser: every call of its own crosses from one site to another."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Page, Playwright, expect

from tests.actors.server import Received, Said, Server, a_server
from tests.chromium import running_chromium
from tests.installation import Installation
from tests.interop.node import HERE, packages
from tests.interop.plain_browser import JEANNE

pytestmark = [pytest.mark.interop, pytest.mark.browser]

LIBRARY = "node_modules/oidc-client-ts/dist/browser/oidc-client-ts.min.js"


@pytest.fixture(scope="module")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    with running_chromium(playwright) as browser:
        yield browser


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context()
    yield context.new_page()
    context.close()


@contextmanager
def a_site(installation: Installation) -> Iterator[Server]:
    """The pages of the application, on an origin of their own."""
    library = (packages() / LIBRARY).read_bytes()
    page = (HERE / "oidc_client_ts.html").read_text(encoding="utf-8")
    page = page.replace("ISSUER", json.dumps(installation.issuer)).replace("CLIENT_ID", json.dumps("spa"))

    def says(came: Received) -> Said:
        if came.path == "/oidc-client-ts.js":
            return Said(content_type="text/javascript", body=library)
        if came.path == "/favicon.ico":
            return Said(status=204)
        return Said(content_type="text/html; charset=utf-8", body=page.encode())

    with a_server() as server:
        server.says = says
        yield server


@pytest.fixture(scope="module")
def site(installation: Installation) -> Iterator[Server]:
    """Registered as a public client, with its redirection address and nothing about origins."""
    with a_site(installation) as server:
        installation.register(
            f"""
            name = "spa"
            home_url = "{server.address}/"
            attributes = ["given_name", "family_name", "email"]
            entry = "everyone"
            lowest_assurance = "password"
            display_name = {{ fr = "L'application des autres", en = "The others' application" }}

            [oidc]
            redirect_uris = ["{server.address}/callback"]
            post_logout_redirect_uris = ["{server.address}/"]
            client_authentication = "none"
            """,
            client_id="spa",
            has_secret=False,
        )
        yield server


def said(page: Page) -> object:
    """What the application has to say, once it has."""
    state = page.locator("#state")
    expect(state).not_to_have_text("…")
    return json.loads(state.inner_text())


def test_a_person_logs_in_and_out_of_a_page(page: Page, site: Server, installation: Installation):
    """Discovery, the code, the keys and userinfo are all read by its own script."""
    page.goto(f"{site.address}/")
    page.get_by_role("button", name="Se connecter").click()
    page.locator("input[name=login]").fill(JEANNE.login)
    page.locator("input[name=password]").fill(JEANNE.password)
    page.locator("input[name=password]").press("Enter")
    page.wait_for_url(f"{site.address}/callback?**")
    learnt = said(page)
    assert isinstance(learnt, dict), learnt
    assert "profile" in learnt, learnt
    assert (learnt["profile"]["given_name"], learnt["profile"]["email"]) == ("Jeanne", JEANNE.email)
    page.get_by_role("button", name="Se déconnecter").click()
    page.wait_for_url(f"{site.address}/")
    assert said(page) == "nobody"


READ = """async ([address, method]) => {
    const body = method === "POST" ? new URLSearchParams({grant_type: "authorization_code", client_id: "spa"}) : null;
    const headers = method === "POST" ? {} : {Authorization: "Bearer x"};
    try {
        const answer = await fetch(address, {method, body, headers});
        return [answer.status, (await answer.json()).error];
    } catch (refused) { return String(refused); }
}"""


@pytest.mark.parametrize(
    ("path", "method", "error"),
    [("/oidc/token", "POST", "invalid_request"), ("/oidc/userinfo", "GET", "invalid_token")],
)
def test_chromium_lets_the_registered_origin_read_and_no_other(
    page: Page, site: Server, installation: Installation, path: str, method: str, error: str
):
    """A refusal is read too: a page that cannot read it can say nothing of use."""
    page.goto(f"{site.address}/")
    _, read = page.evaluate(READ, [f"{installation.issuer}{path}", method])
    assert read == error
    with a_site(installation) as elsewhere:
        page.goto(f"{elsewhere.address}/")
        assert page.evaluate(READ, [f"{installation.issuer}{path}", method]) == "TypeError: Failed to fetch"
