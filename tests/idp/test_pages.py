"""What single pages of the identity provider show; what every page owes is in tests/contracts/pages."""

import html
import re
from dataclasses import replace

import pytest

from idp.web.application_summary import ApplicationOnPage
from tests.documents import Document
from tests.idp.page_states import STATES, preview_app


@pytest.fixture(scope="module")
def visitor():
    return preview_app().test_client()


def test_a_fault_is_linked_to_its_field(visitor):
    document = Document(visitor.get("/page/change-password-refused").text)
    fields = {field["id"]: field for field in document.all("input") if "id" in field}

    for name in ("current_password", "new_password"):
        assert fields[name]["aria-invalid"] == "true"
        assert f"{name}-error" in fields[name]["aria-describedby"]
    assert "aria-invalid" not in fields["login"]
    assert {"#current_password", "#new_password"} <= {link["href"] for link in document.all("a")}


def test_the_continue_page_leads_on_by_itself_and_by_a_link(visitor):
    document = Document(visitor.get("/page/continue").text)
    address = "https://dcc.example/callback?code=abc&state=def"

    assert {"http-equiv": "refresh", "content": f"0;url={address}"} in document.all("meta")
    assert address in [link["href"] for link in document.all("a")]


def test_the_language_switch_returns_to_an_address_that_shows_the_page_by_get(visitor):
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
