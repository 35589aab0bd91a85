"""Sessions end: unused for thirty minutes, four hours old, or used no more."""

from datetime import timedelta

from tests.journeys.test_logout import is_logged_out


def test_a_session_unused_for_half_an_hour_has_ended(browser, jeanne, dcc, clock):
    signed_in = dcc.signs_in(browser.logs_in(jeanne, to=dcc))
    clock.shift(timedelta(minutes=31))
    assert is_logged_out(browser, dcc)
    assert dcc.userinfo(signed_in.access_token).status_code == 401


def test_a_session_in_use_goes_on_and_ends_at_four_hours_all_the_same(browser, jeanne, dcc, clock):
    browser.logs_in(jeanne, to=dcc)
    for _ in range(9):
        clock.shift(timedelta(minutes=26))
        dcc.signs_in(browser.visits(dcc.asks(prompt="none")))
    clock.shift(timedelta(minutes=7))
    assert is_logged_out(browser, dcc)


def test_proving_oneself_again_does_not_prolong_a_session_past_its_end(browser, jeanne, dcc, clock):
    browser.logs_in(jeanne, to=dcc)
    for _ in range(8):
        clock.shift(timedelta(minutes=29))
        browser.visits(dcc.asks(prompt="login"))
        dcc.signs_in(browser.gives(jeanne))
    clock.shift(timedelta(minutes=9))
    assert is_logged_out(browser, dcc)


def test_looking_at_my_session_is_using_it(idp, browser, jeanne, dcc, clock):
    browser.logs_in(jeanne, to=dcc)
    clock.shift(timedelta(minutes=20))
    assert browser.visits(f"{idp.issuer}/account").path == "/account"
    clock.shift(timedelta(minutes=20))
    assert dcc.signs_in(browser.visits(dcc.asks(prompt="none"))).subject


def test_a_code_is_good_for_a_minute(browser, jeanne, dcc, clock):
    """RFC 6749 4.1.2: a maximum authorization code lifetime of 10 minutes is RECOMMENDED."""
    answer = dcc.answer(browser.logs_in(jeanne, to=dcc))
    clock.shift(61)
    assert dcc.redeems(answer).get_json()["error"] == "invalid_grant"


def test_an_access_token_is_good_for_five_minutes(browser, jeanne, dcc, clock):
    signed_in = dcc.signs_in(browser.logs_in(jeanne, to=dcc))
    clock.shift(299)
    assert dcc.userinfo(signed_in.access_token).status_code == 200
    clock.shift(2)
    assert dcc.userinfo(signed_in.access_token).status_code == 401
