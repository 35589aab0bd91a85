"""French first, English complete; who decides is the person, then the application, then the browser."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.typography import NARROW, NO_BREAK, set_in_french
from config.web.language import gettext


def language(visitor, *, chosen=None, requested="", browser=""):
    if chosen:
        visitor.set_cookie("__Host-example-language", chosen, secure=True, domain="id.example")
    headers = {"Accept-Language": browser} if browser else {}
    page = visitor.get("/form", query_string={"ui_locales": requested}, headers=headers, base_url="https://id.example")
    assert f'<html lang="{page.headers["Content-Language"]}">' in page.text
    return page.headers["Content-Language"]


@pytest.mark.parametrize(
    ("chosen", "requested", "browser", "expected"),
    [
        (None, "", "", "fr"),
        (None, "", "en-GB,en;q=0.9", "en"),
        (None, "", "de", "fr"),
        (None, "fr-FR en", "en", "fr"),
        (None, "de en", "fr", "en"),
        ("en", "fr", "fr", "en"),
        ("xx", "", "en", "en"),
        (None, "x" * 10_000, "e" * 10_000, "fr"),
    ],
)
def test_the_order_of_preference_of_languages(visitor, chosen, requested, browser, expected):
    assert language(visitor, chosen=chosen, requested=requested, browser=browser) == expected


def test_the_language_switch_sets_a_cookie_and_leads_back(visitor):
    switched = visitor.get("/language?to=en&back=/form?a=1", base_url="https://id.example")
    assert switched.status_code == 303
    assert switched.location == "/form?a=1"
    assert "__Host-example-language=en" in switched.headers["Set-Cookie"]
    assert language(visitor, browser="fr") == "en"


@pytest.mark.parametrize(
    "back", ["https://evil.example", "//evil.example", "/\\evil.example", "/\t/evil.example", "javascript:alert(1)", ""]
)
def test_the_language_switch_leads_to_no_other_site(visitor, back):
    assert visitor.get("/language", query_string={"to": "en", "back": back}).location == "/"


def test_an_unknown_language_is_not_remembered(visitor):
    assert "Set-Cookie" not in visitor.get("/language?to=tlh&back=/form").headers


def test_french_is_typeset():
    assert set_in_french("Vous déconnecter ?") == f"Vous déconnecter{NARROW}?"
    assert set_in_french("« DCC » : l'accès") == f"«{NO_BREAK}DCC{NO_BREAK}»{NARROW}: l’accès"
    assert set_in_french("<a class='b' href='x ?'>Oui !</a>") == f"<a class='b' href='x ?'>Oui{NARROW}!</a>"


@given(st.text())
def test_typesetting_twice_changes_nothing_more(text):
    assert set_in_french(set_in_french(text)) == set_in_french(text)


def test_outside_a_request_the_language_is_french():
    assert gettext("Il y a un problème") == "Il y a un problème"
