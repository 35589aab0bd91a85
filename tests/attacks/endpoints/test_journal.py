"""Prevents: a reader of the journal having a code, a token, a password, a cookie or a key: a journey at DEBUG."""

import io
import logging
import re
from dataclasses import replace

import pytest

from config.logging_setup import write_journal
from idp.journal_rules import JOURNAL_RULES
from tests.actors.identity_provider import running

LIBRARIES = ("pyop", "oic", "jwkest")


@pytest.fixture
def journal(idp):
    """The journal, once the application is made, with everything asked for."""
    written = io.StringIO()
    write_journal("DEBUG", JOURNAL_RULES, to=written)
    return written


def test_no_line_of_a_whole_journey_holds_a_secret(idp, journal, browser, jeanne, dcc):
    browser.visits(dcc.asks())
    pending = browser.page.path.rpartition("/")[2]
    browser.gives(jeanne, "a-wrong-password-1")
    signed_in = dcc.signs_in(browser.gives(jeanne))
    dcc.learns(signed_in)
    asked = dcc.asked[signed_in.state]
    dcc.redeems(dcc.answer(browser.visits(dcc.asks())), authorization=dcc.basic("a-wrong-secret-1"))
    dcc.calls.get("/oidc/userinfo", headers={"Authorization": "Bearer a-wrong-token-1"})
    browser.visits(dcc.asks(redirect_uri="https://attacker.example/?secret=a-wrong-address-1"))
    browser.visits(f"{idp.issuer}/password/forgotten")
    browser.submits(browser.page.form_with("login"), login=jeanne.login)
    link = re.search(r"/password/choose/(\S+)", idp.letters()[-1].get_content()).group(1)
    page = browser.visits(f"{idp.issuer}/password/choose/{link}")
    browser.submits(page.form_with("new_password"), new_password="Verger-Calme-93%")
    idp.rotates_keys()
    cookies = [value for value in browser.cookies["localhost"].values() if len(value) > 10]
    browser.visits(dcc.asks_to_log_out(signed_in))

    secrets = {
        jeanne.password, "a-wrong-password-1", "Verger-Calme-93%", dcc.secret, "a-wrong-secret-1", "a-wrong-token-1",
        signed_in.code, signed_in.access_token, signed_in.id_token, signed_in.id_token.rpartition(".")[2],
        asked.verifier, link, pending, *cookies,
    }  # fmt: skip
    written = journal.getvalue()
    assert [secret for secret in secrets if secret in written] == []
    assert "PRIVATE KEY" not in written


@pytest.mark.parametrize("level", ["DEBUG", "INFO"])
def test_the_libraries_that_write_keys_and_codes_are_held_whatever_the_level(idp, level):
    """pyop writes the signing key at DEBUG, and a code at INFO."""
    with running(replace(idp.settings, log_level=level)):
        for name in LIBRARIES:
            for logger in (logging.getLogger(name), logging.getLogger(f"{name}.provider")):
                assert logger.getEffectiveLevel() >= logging.WARNING
    assert set(LIBRARIES) <= set(JOURNAL_RULES.least_levels)
