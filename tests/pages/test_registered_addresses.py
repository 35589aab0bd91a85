"""Chromium goes to every kind of address that an application may register, and blocks those that are refused for it."""

from collections.abc import Iterator
from html import escape

import pytest
from playwright.sync_api import Browser, Page, Route

from config.web.security import content_security_policy
from relying_parties.addresses import address_fault, form_action_of, origin_of, posted_address_fault

OURS = "https://id.exemple.test/login/x"

POSTED = [
    "https://messagerie.example/saml/acs",
    "https://messagerie.example:8443/saml/acs",
    "https://sp-1.messagerie.example/saml/acs?tenant=1&x=a,b;c='d'",
    "https://1a.example/acs",
    "https://xn--prinat-bva.example/acs",
    "https://messagerie/acs",
    f"https://{'a' * 63}.example/acs",
    "https://192.0.2.7/acs",
    "https://192.0.2.7:8443/acs",
    "http://127.0.0.1:8413/acs",
    "http://localhost:8413/acs",
]
BLOCKED = ["https://[2001:db8::7]/acs", "https://[2001:db8::7]:8443/acs", "https://sp_1.example/acs"]
GONE_TO = [*POSTED, "https://[2001:db8::7]:8443/callback"]  # an answer by OpenID Connect is an address, and no form


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A tab for which every address answers, and that heard what the browser had to say."""
    context = chromium.new_context()
    yield context.new_page()
    context.close()


def shows(page: Page, content: str, policy: str) -> None:
    """Our page, with this policy; whatever it leads to answers with a page of its own."""

    def answer(route: Route) -> None:
        ours = route.request.url == OURS
        headers = {"Content-Type": "text/html"} | ({"Content-Security-Policy": policy} if ours else {})
        body = content if ours else f"<title>arrived by {route.request.method}</title>"
        route.fulfill(status=200, headers=headers, body=body)

    page.route("**/*", answer)
    page.goto(OURS)


def form(address: str) -> str:
    return f'<form method="post" action="{escape(address)}"><button>Continuer</button></form>'


def policy_for(address: str) -> str:
    """As an answer that is posted has it (idp/login/respond.py)."""
    return content_security_policy(form_action=f"'self' {origin_of(address)}")


@pytest.mark.parametrize("address", POSTED)
def test_a_form_goes_where_it_may_be_registered_to_go(page: Page, address: str):
    assert posted_address_fault(address, loopback_http=True) is None
    shows(page, form(address), policy_for(address))
    page.get_by_role("button").click()
    page.wait_for_url(address.replace("'", "%27"))  # as browsers write it in a query
    assert page.title() == "arrived by POST"


@pytest.mark.parametrize("address", BLOCKED)
def test_where_a_browser_lets_no_form_go_none_is_registered_to_go(page: Page, address: str):
    """Were it otherwise one day, the refusal could go."""
    assert posted_address_fault(address, loopback_http=True)
    shows(page, form(address), policy_for(address))
    with page.expect_console_message(lambda said: "form-action" in said.text and "blocked" in said.text):
        page.get_by_role("button").click(no_wait_after=True)
    assert page.url == OURS


@pytest.mark.parametrize(
    "address", ["https://sp_1.example/acs", "https://SP_1.Example:8443/acs", "https://Sp.Example/acs"]
)
def test_a_form_goes_to_a_host_as_metadata_write_it(page: Page, address: str):
    assert posted_address_fault(address, loopback_http=True, of_metadata=True) is None
    shows(page, form(address), content_security_policy(form_action=f"'self' {form_action_of(address)}"))
    page.get_by_role("button").click()
    page.wait_for_url(address.lower())
    assert page.title() == "arrived by POST"


@pytest.mark.parametrize("address", GONE_TO)
def test_a_page_of_ours_leads_where_an_answer_may_be_registered_to_go(page: Page, address: str):
    """By itself, as ours do after a form, under the policy that all of them have."""
    assert address_fault(address, loopback_http=True) is None
    shows(page, f'<meta http-equiv="refresh" content="0; url={escape(address)}">', content_security_policy())
    page.wait_for_url(address.replace("'", "%27"))  # as browsers write it in a query
    assert page.title() == "arrived by GET"
