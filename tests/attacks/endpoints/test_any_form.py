"""Prevents: a fault of ours by a form that really is of one of our pages, with any text in any of its fields.

Texts without the page's token are refused before a view sees them; `test_hostile_input.py` sends those.
"""

from itertools import count

import pytest

from config.conditions import DEFAULT_FOLDER

STRANGE = (
    "", " ", "é", "\u202e", "\ud7ff", "\x00", "\r\nSet-Cookie: a=b", "%ff", "9" * 400, "-1", "A" * 43, "a" * 64,
    "1e999", "{{7*7}}", "' OR 1=1 --", "<b>", "x" * 5_000, "é" * 40, "../..", "//evil.example", "login",
)  # fmt: skip
TOKEN = "form_token"


@pytest.fixture
def changed_settings():
    return {"conditions_folder": DEFAULT_FOLDER}


def at_sign_on(browser, idp, dcc, _jeanne):
    browser.visits(dcc.asks())


def at_conditions(browser, idp, dcc, jeanne):
    browser.visits(dcc.asks())
    browser.gives(jeanne)


def at_confirmation(browser, idp, dcc, jeanne):
    at_conditions(browser, idp, dcc, jeanne)
    browser.visits(dcc.asks(prompt="select_account"))


def at_forgotten_password(browser, idp, _dcc, _jeanne):
    browser.visits(f"{idp.issuer}/password/forgotten")


def at_change_of_password(browser, idp, dcc, jeanne):
    at_conditions(browser, idp, dcc, jeanne)
    browser.visits(f"{idp.issuer}/password/change")


def at_logout(browser, idp, dcc, jeanne):
    at_conditions(browser, idp, dcc, jeanne)
    browser.visits(f"{idp.issuer}/logout")


@pytest.mark.parametrize(
    "comes",
    [at_sign_on, at_conditions, at_confirmation, at_forgotten_password, at_change_of_password, at_logout],
    ids=lambda comes: comes.__name__,
)
def test_a_form_with_any_text_in_a_field_is_no_fault_of_ours(idp, dcc, jeanne, comes):
    browser = idp.a_browser()
    comes(browser, idp, dcc, jeanne)
    forms = [form for form in browser.page.forms if TOKEN in form.fields]
    assert forms, browser.page
    for form in forms:
        for name in form.fields.keys() - {TOKEN}:
            for text in STRANGE:
                posted = form.fields | {name: text}
                browser._address = f"198.51.{next(ADDRESSES) % 250}.{next(ADDRESSES) % 250}"  # no limit is reached
                answer = browser.asks(form.action, posting=posted)
                assert answer.status_code < 500, (form.action, name, text)


ADDRESSES = count(1)
