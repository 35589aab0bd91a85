"""An address that forms are posted to may be opened in the address bar: it leads to a page, never to a bare 405."""

import pytest

from idp.web.web_config import MACHINE_PATHS

FOR_MACHINES = (*MACHINE_PATHS, "/saml/ecp", "/saml/artifact")


def test_every_address_that_a_form_is_posted_to_can_be_opened(idp):
    methods: dict[str, set[str]] = {}
    for rule in idp.app.url_map.iter_rules():
        methods.setdefault(rule.rule, set()).update(rule.methods or ())
    posted_only = {rule for rule, all_methods in methods.items() if "POST" in all_methods and "GET" not in all_methods}
    assert {rule for rule in posted_only if not rule.startswith(FOR_MACHINES)} == set()


@pytest.mark.parametrize("action", ["password", "confirm", "prolong"])
def test_enter_in_the_address_bar_after_a_refused_form_leads_back_to_the_login(browser, jeanne, dcc, action):
    browser.visits(dcc.asks())
    login = browser.page.url
    browser.gives(jeanne, "not it")
    page = browser.visits(f"{login}/{action}")
    assert page.url == login
    assert dcc.signs_in(browser.gives(jeanne)).subject
