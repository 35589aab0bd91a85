"""What an operator takes away stops working: sessions, codes and tokens, within a second and on every worker."""

import time
from collections.abc import Callable

import pytest

from config.sql import versioned_cache
from tests.journeys.test_logout import is_logged_out

WITHIN = 1.0


def disable(idp, jeanne, dcc):
    idp.disables(jeanne)


def change_password(idp, jeanne, dcc):
    idp.gives_password(jeanne, "Verger-Calme-93%")


def suspend(idp, jeanne, dcc):
    idp.suspends(dcc)


def withdraw(idp, jeanne, dcc):
    idp.withdraws(jeanne, dcc.client_id)


CHANGES: list[Callable[..., None]] = [disable, change_password, suspend, withdraw]


@pytest.mark.parametrize("change", CHANGES)
def test_a_token_opens_nothing_after(idp, browser, jeanne, dcc, change):
    signed_in = dcc.signs_in(browser.logs_in(jeanne, to=dcc))
    change(idp, jeanne, dcc)
    assert dcc.userinfo(signed_in.access_token).status_code == 401


@pytest.mark.parametrize("change", CHANGES)
def test_a_code_is_redeemed_for_nothing_after(idp, browser, jeanne, dcc, change):
    answer = dcc.answer(browser.logs_in(jeanne, to=dcc))
    change(idp, jeanne, dcc)
    refused = dcc.redeems(answer)
    assert refused.get_json()["error"] in ("invalid_grant", "invalid_client")
    assert "id_token" not in refused.text


@pytest.mark.parametrize("change", [disable, change_password])
def test_a_session_is_no_session_after(idp, browser, jeanne, dcc, perinat, change):
    browser.logs_in(jeanne, to=dcc)
    change(idp, jeanne, dcc)
    assert is_logged_out(browser, dcc)
    assert is_logged_out(browser, perinat)
    assert browser.visits(f"{idp.issuer}/account").asks_for("password")


def test_a_disabled_account_is_refused_like_a_wrong_password(idp, browser, jeanne, dcc):
    idp.disables(jeanne)
    assert browser.logs_in(jeanne, to=dcc).status == 422


def test_an_entitlement_withdrawn_closes_that_application_and_no_other(idp, browser, jeanne, dcc, perinat):
    browser.logs_in(jeanne, to=dcc)
    idp.withdraws(jeanne, dcc.client_id)
    assert dcc.answer(browser.visits(dcc.asks(prompt="none"))).error == "access_denied"
    assert perinat.signs_in(browser.visits(perinat.asks())).subject


def test_a_suspended_application_is_told_to_the_person_and_gets_no_answer(idp, browser, jeanne, dcc):
    page = browser.visits(dcc.asks())
    idp.suspends(dcc)
    assert browser.visits(dcc.asks()).status == 400
    assert "suspendue" in browser.page.text
    assert browser.visits(page.url).status == 410


def test_an_application_changed_in_the_middle_of_a_login_gets_no_answer_at_its_former_address(
    idp, browser, jeanne, dcc
):
    page = browser.visits(dcc.asks())
    idp.amends(dcc, redirect_uris=("http://127.0.0.1:8411/elsewhere",))
    assert browser.gives(jeanne).status == 410
    assert browser.visits(page.url).status == 410


def test_a_session_ended_between_the_code_and_the_token_gives_no_identity(browser, jeanne, dcc):
    signed_in = dcc.signs_in(browser.logs_in(jeanne, to=dcc))
    answer = dcc.answer(browser.visits(dcc.asks()))
    browser.visits(dcc.asks_to_log_out(signed_in))
    refused = dcc.redeems(answer)
    assert refused.get_json()["error"] == "invalid_grant"


@pytest.mark.slow
@pytest.mark.parametrize("change", CHANGES)
def test_another_process_sees_it_within_a_second(idp, browser, jeanne, dcc, monkeypatch, change):
    """Nothing but the number in the database tells the worker: a process's own changes are seen at once otherwise."""
    signed_in = dcc.signs_in(browser.logs_in(jeanne, to=dcc))
    assert dcc.userinfo(signed_in.access_token).status_code == 200
    monkeypatch.setattr(versioned_cache, "_expire_here", lambda: None)
    change(idp, jeanne, dcc)
    changed_at = time.monotonic()
    asked_at = changed_at
    while dcc.userinfo(signed_in.access_token).status_code == 200:
        assert asked_at - changed_at < WITHIN
        asked_at = time.monotonic()
