"""What every page of the identity provider owes, in every state and both languages."""

import html
import inspect
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from config.web import pages as web_pages
from config.web.pages import Page
from idp.account_pages import password_pages as accounts_pages
from idp.account_pages import session_pages as sessions_pages
from idp.login import pages as login_pages
from idp.logout import pages as logout_pages
from idp.web import public as public_pages
from idp.web.application_summary import ApplicationOnPage
from tests.idp.page_states import STATES, preview_app

BUDGET = 50_000  # bytes, all resources, before compression
STYLESHEET_BUDGET = 12_288
MODULES = (web_pages, login_pages, logout_pages, accounts_pages, sessions_pages, public_pages)


class Document(HTMLParser):
    """The elements of a page, each with its attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def all(self, *tags: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.elements if tag in tags]


@pytest.fixture(scope="module")
def visitor():
    return preview_app().test_client()


@pytest.fixture(params=["fr", "en"])
def language(request):
    return request.param


@pytest.fixture(params=STATES)
def state(request):
    return request.param


@pytest.fixture
def response(visitor, state, language):
    return visitor.get(f"/page/{state}", headers={"Accept-Language": language})


@pytest.fixture
def document(response):
    return Document(response.text)


def test_every_page_has_a_state_here():
    declared = {
        page
        for module in MODULES
        for _, page in inspect.getmembers(module, inspect.isclass)
        if issubclass(page, Page) and page is not Page
    }
    assert {type(page) for page in STATES.values()} == declared


def ours(document: Document) -> list[bool]:
    """Of each form, whether it leads to ourselves."""
    return [(form.get("action") or "/").startswith("/") for form in document.all("form")]


def tokens(text: str) -> list[bool]:
    """Of each form, whether it holds a token."""
    return ['name="form_token"' in form for form in re.findall("<form.*?</form>", text, re.DOTALL)]


def test_a_page_owes(response, document, state, language):
    """One walk over the page, since each is rendered once: what is not met is named."""
    text, page = response.text, STATES[state]
    ids = [attributes["id"] for _, attributes in document.elements if "id" in attributes]
    labels = {attributes["for"] for attributes in document.all("label")}
    visible = [
        field
        for field in document.all("input", "select", "textarea")
        if field.get("type") != "hidden" and "readonly" not in field
    ]
    title = re.search(r"<title>(.*?)</title>", text, re.DOTALL)[1]

    owed = {
        "its language": document.all("html")[0]["lang"] == language == response.headers["Content-Language"],
        "one h1": len(document.all("h1")) == 1,
        "a title with the region": title.endswith("– Santé Centre-Val de Loire"),
        "a title on one line": "\n" not in title,
        "a title that says a fault": title.startswith(("Erreur", "Error")) == page.is_fault,
        "ids that are unique": len(ids) == len(set(ids)),
        "a label for each field": {field["id"] for field in visible} <= labels,
        "a purpose for each field (WCAG 1.3.5)": all(field.get("autocomplete") for field in visible),
        "descriptions that exist": all(
            described in ids for field in visible for described in (field.get("aria-describedby") or "").split()
        ),
        "no inline script or style": not document.all("style")
        and all("src" in script for script in document.all("script"))
        and not any(
            name.startswith("on") or name == "style" for _, attributes in document.elements for name in attributes
        ),
        "a skip link to what it skips to": 'class="skip" href="#content"' in text and "content" in ids,
        "a token in each form that posts to us, and in no other": tokens(text) == ours(document),
        "no password sent back": not any(
            field.get("value") for field in document.all("input") if field.get("type") == "password"
        ),
        "the help line": "02\N{NO-BREAK SPACE}00\N{NO-BREAK SPACE}00\N{NO-BREAK SPACE}00\N{NO-BREAK SPACE}00" in text,
        "links that lead somewhere": all(link.get("href") for link in document.all("a")),
        "buttons that say what they are": all(
            button.get("type") in ("submit", "button") for button in document.all("button")
        ),
    }
    assert [debt for debt, paid in owed.items() if not paid] == []


def test_a_page_with_all_it_loads_is_light(visitor, state):
    response = visitor.get(f"/page/{state}")
    loaded = set(re.findall(r'(?:href|src)="(/static/[^"]+)"', response.text))
    sizes = {address: len(visitor.get(address).data) for address in loaded}

    assert len(response.data) + sum(sizes.values()) < BUDGET
    assert all(size <= STYLESHEET_BUDGET for address, size in sizes.items() if address.endswith(".css"))


def test_a_fault_is_tied_to_its_field(visitor):
    document = Document(visitor.get("/page/change-password-refused").text)
    fields = {field["id"]: field for field in document.all("input") if "id" in field}

    for name in ("current_password", "new_password"):
        assert fields[name]["aria-invalid"] == "true"
        assert f"{name}-error" in fields[name]["aria-describedby"]
    assert "aria-invalid" not in fields["login"]
    assert {"#current_password", "#new_password"} <= {link["href"] for link in document.all("a")}


def test_the_answer_leaves_by_itself_and_by_a_link(visitor):
    document = Document(visitor.get("/page/continue").text)
    address = "https://dcc.example/callback?code=abc&state=def"

    assert {"http-equiv": "refresh", "content": f"0;url={address}"} in document.all("meta")
    assert address in [link["href"] for link in document.all("a")]


def test_a_method_that_is_not_there_yet_is_no_button(visitor):
    text = visitor.get("/page/sign-on").text
    card = text[text.index('<div class="method later">') :]
    card = card[: card.index("</section>")]
    assert "À venir" in card
    assert not re.search("<(a|button|summary|input)", card)


def test_a_card_that_is_not_there_need_not_be_announced(visitor):
    text = visitor.get("/page/sign-on-card-unannounced").text
    assert "Carte CPS" not in text
    assert "À venir" not in text


def test_the_language_switch_leads_back_to_where_a_get_finds_the_page(visitor):
    text = visitor.get("/page/sign-on-refused").text
    assert f'href="/language?to=en&amp;back=%2Flogin%2F{STATES["sign-on-refused"].pending}"' in text


LONG = "Plateforme régionale de coordination des parcours de soins et de télé-expertise"


@pytest.mark.parametrize("login_button", ["à la plateforme", None], ids=["with a short form", "without one"])
@pytest.mark.parametrize(
    "state",
    ["sign-on", "change-password-expired", "continue", "post", "entry-refused", "entry-refused-post", "start-again",
     "signed-out", "going-back", "going-back-post", "signing-out", "assurance-refused"],
)  # fmt: skip
def test_a_long_name_stays_off_the_buttons(state, login_button, monkeypatch):
    """The head of the page has room for it; a button says the registration's short form, or "l'application"."""
    shown = STATES[state]
    long = ApplicationOnPage(name=LONG, home_url="https://long.example/", login_button=login_button)
    named = "to" if state == "signing-out" else "application"
    monkeypatch.setitem(STATES, state, replace(shown, **{named: long}))

    page = preview_app().test_client().get(f"/page/{state}", headers={"Accept-Language": "fr"}).text

    pressed = re.findall(r'<(?:a|button)[^>]* class="primary"[^>]*>(.*?)</(?:a|button)>', page, re.DOTALL)
    words = [" ".join(re.sub("<[^>]*>", " ", words).split()) for words in pressed]
    assert words
    assert not [said for said in words if LONG in html.unescape(said)]
    assert any((login_button or "à l’application") in html.unescape(said) or said == "Continuer" for said in words)
