"""What every page of every service owes, in every state and both languages."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

import pytest
from flask import Flask
from flask.testing import FlaskClient

from config.web.pages import Page
from tests.documents import Document
from tests.enrollment import page_states as enrollment_pages
from tests.idp import page_states as idp_pages

BUDGET = 50_000  # bytes, all resources, before compression
STYLESHEET_BUDGET = 12_288


@dataclass(frozen=True, slots=True)
class ServicePages:
    """The pages of a service: those it declares, the states they are shown in, and what shows them."""

    declared: frozenset[type[Page]]
    states: Mapping[str, Page]
    preview_app: Callable[[], Flask]


SERVICES = {
    "idp": ServicePages(idp_pages.PAGES, idp_pages.STATES, idp_pages.preview_app),
    "enrollment": ServicePages(enrollment_pages.PAGES, enrollment_pages.STATES, enrollment_pages.preview_app),
}
SHOWN = [(service, state) for service, pages in SERVICES.items() for state in pages.states]


@cache
def visitor_of(service: str) -> FlaskClient:
    return SERVICES[service].preview_app().test_client()


@pytest.fixture(params=["fr", "en"])
def language(request):
    return request.param


@pytest.fixture(params=SHOWN, ids=lambda shown: "-".join(shown))
def shown(request) -> tuple[str, str]:
    """A service, and a state of one of its pages."""
    return request.param


@pytest.fixture
def visitor(shown):
    return visitor_of(shown[0])


@pytest.fixture
def response(visitor, shown, language):
    return visitor.get(f"/page/{shown[1]}", headers={"Accept-Language": language})


@pytest.fixture
def document(response):
    return Document(response.text)


@pytest.mark.parametrize("service", SERVICES)
def test_every_page_has_a_state_here(service):
    pages = SERVICES[service]
    assert {type(page) for page in pages.states.values()} == pages.declared


def ours(document: Document) -> list[bool]:
    """Of each form, whether it posts to ourselves."""
    return [
        form.get("method") == "post" and (form.get("action") or "/").startswith("/") for form in document.all("form")
    ]


def tokens(text: str) -> list[bool]:
    """Of each form, whether it holds a token."""
    return ['name="form_token"' in form for form in re.findall("<form.*?</form>", text, re.DOTALL)]


def unlabelled(text: str) -> list[str]:
    """The fields that neither a `for` names nor a label holds (HTML, section 4.10.4: either labels a field)."""
    held = "".join(re.findall(r"<label(?![^>]*\sfor=)[^>]*>(.*?)</label>", text, re.DOTALL))
    named = set(re.findall(r'<label[^>]*\sfor="([^"]+)"', text))
    fields = re.findall(r"<(?:input|select|textarea)\b[^>]*>", text)
    return [
        field
        for field in fields
        if not re.search(r'type="hidden"|\sreadonly', field)
        and field not in held
        and not ((found := re.search(r'\sid="([^"]+)"', field)) and found[1] in named)
    ]


def test_a_page_owes(response, document, shown, language):
    """One walk over the page, since each is rendered once: what is not met is named."""
    service, state = shown
    text, page = response.text, SERVICES[service].states[state]
    ids = [attributes["id"] for _, attributes in document.elements if "id" in attributes]
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
        "a label for each field": unlabelled(text) == [],
        "a purpose for each field to type in (WCAG 1.3.5)": all(
            field.get("autocomplete") for field in visible if field.get("type") not in ("checkbox", "radio")
        ),
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


def test_a_page_with_all_it_loads_is_light(visitor, shown):
    response = visitor.get(f"/page/{shown[1]}")
    loaded = set(re.findall(r'(?:href|src)="(/static/[^"]+)"', response.text))
    sizes = {address: len(visitor.get(address).data) for address in loaded}

    assert len(response.data) + sum(sizes.values()) < BUDGET
    assert all(size <= STYLESHEET_BUDGET for address, size in sizes.items() if address.endswith(".css"))
