"""Prevents: using somebody else's authorization code, or one's own twice (RFC 6749 10.5, RFC 9700 4.5)."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier

import pytest

from relying_parties.policy import ClientAuthentication
from tests.actors.application import challenge
from tests.builders.registry import a_registration

RACERS = 8


@pytest.fixture
def answer(browser, jeanne, dcc):
    """A code that Jeanne's browser has just brought to the DCC."""
    return dcc.answer(browser.logs_in(jeanne, to=dcc))


def is_refused(response) -> bool:
    return response.status_code == 400 and response.get_json()["error"] == "invalid_grant"


def test_however_many_race_for_a_code_one_gets_it_and_its_tokens_are_void(dcc, answer):
    """RFC 6749 4.1.2: MUST NOT be used more than once; SHOULD revoke all tokens issued based on that code."""
    together = Barrier(RACERS)

    def redeem(_):
        together.wait()
        return dcc.redeems(answer)

    with ThreadPoolExecutor(RACERS) as pool:
        responses = list(pool.map(redeem, range(RACERS)))
    won = [response for response in responses if response.status_code == 200]
    assert len(won) == 1
    assert all(is_refused(response) for response in responses if response.status_code != 200)
    assert [dcc.userinfo(response.get_json()["access_token"]).status_code for response in won] == [401] * len(won)


def test_a_code_is_good_once(dcc, answer):
    assert dcc.redeems(answer).status_code == 200
    assert is_refused(dcc.redeems(answer))


def test_a_replay_revokes_what_the_first_use_was_given_even_after_the_code_would_have_expired(idp, dcc, answer, clock):
    token = dcc.redeems(answer).get_json()["access_token"]
    clock.shift(120)
    assert dcc.userinfo(token).status_code == 200
    assert is_refused(dcc.redeems(answer))
    assert dcc.userinfo(token).status_code == 401
    assert idp.trail()[-1] == "code.replayed"


def test_a_replay_revokes_nothing_of_another_sign_in(browser, dcc, answer):
    dcc.redeems(answer)
    other = dcc.signs_in(browser.visits(dcc.asks()))
    dcc.redeems(answer)
    assert dcc.userinfo(other.access_token).status_code == 200


def test_another_application_neither_redeems_nor_spends_nor_revokes(dcc, perinat, answer):
    """RFC 6749 4.1.3: ensure that the authorization code was issued to the authenticated confidential client."""
    perinat.asked |= dcc.asked
    assert is_refused(perinat.redeems(answer))
    token = dcc.redeems(answer).get_json()["access_token"]
    assert is_refused(perinat.redeems(answer))
    assert dcc.userinfo(token).status_code == 200


def test_a_client_that_cannot_authenticate_does_not_spend_the_code(dcc, answer):
    assert dcc.redeems(answer, authorization=dcc.basic("wrong")).status_code == 401
    assert dcc.redeems(answer).status_code == 200


@pytest.mark.parametrize("redirect_uri", ["http://127.0.0.1:8411/", "http://127.0.0.1:8411/callback/", "x"])
def test_a_code_is_for_the_address_it_was_sent_to(dcc, answer, redirect_uri):
    """RFC 6749 4.1.3: their values MUST be identical."""
    assert is_refused(dcc.redeems(answer, redirect_uri=redirect_uri))


def test_the_address_may_not_be_left_out(dcc, answer):
    assert dcc.redeems(answer, redirect_uri=None).get_json()["error"] == "invalid_request"


NO_VERIFIERS = [None, "", "a", "a" * 42, "a" * 43, "a" * 129, "a" * 5000, "é" * 43, "a" * 43 + "\n", b"\xff" * 43]


def test_a_code_is_for_the_client_that_began(browser, dcc, answer):
    """RFC 7636 4.6; 4.1 for its form."""
    for verifier in NO_VERIFIERS:
        response = dcc.redeems(answer, code_verifier=verifier)
        assert (verifier, response.status_code) == (verifier, 400)
        assert response.get_json()["error"] in ("invalid_grant", "invalid_request")
        answer = dcc.answer(browser.visits(dcc.asks()))


def test_a_short_verifier_is_refused_even_when_it_is_the_right_one(browser, jeanne, dcc):
    """RFC 7636 4.1 and 7.1: at least 43 characters, so that it cannot be guessed from the challenge."""
    answer = dcc.answer(browser.logs_in(jeanne, to=dcc, code_challenge=challenge("short")))
    assert is_refused(dcc.redeems(answer, code_verifier="short"))


def test_the_challenge_itself_is_no_verifier(browser, jeanne, dcc):
    """Prevents: what the method plain would allow to a reader of the request."""
    code_challenge = challenge("v" * 43)
    answer = dcc.answer(browser.logs_in(jeanne, to=dcc, code_challenge=code_challenge))
    assert is_refused(dcc.redeems(answer, code_verifier=code_challenge))


def test_no_weaker_challenge_is_taken(browser, dcc):
    """RFC 9700 2.1.1: S256 is the only method that does not expose the verifier."""
    for method in ("plain", "s256", "S512", "S256 plain", None):
        assert dcc.answer(browser.visits(dcc.asks(code_challenge_method=method))).error == "invalid_request"


def test_what_is_no_challenge_is_refused(browser, dcc):
    for code_challenge in ("", "a" * 42, "a" * 44, "a" * 42 + "=", "é" * 43, "a" * 43 + "\n"):
        assert dcc.answer(browser.visits(dcc.asks(code_challenge=code_challenge))).error == "invalid_request"


def test_a_verifier_for_a_code_without_challenge_is_a_downgrade(idp, browser, jeanne):
    """RFC 9700 4.8.2: the attacker took code_challenge out of the request; the application notices by our refusal."""
    lax = idp.registers(a_registration(name="carnet", client_id="carnet", require_pkce=False))
    answer = lax.answer(browser.logs_in(jeanne, to=lax, code_challenge=None, code_challenge_method=None))
    assert is_refused(lax.redeems(answer))
    answer = lax.answer(browser.visits(lax.asks(code_challenge=None, code_challenge_method=None)))
    assert lax.redeems(answer, code_verifier=None).status_code == 200


def test_a_public_client_proves_itself_by_the_verifier(idp, browser, jeanne):
    """RFC 9700 2.1.1: public clients MUST use PKCE."""
    terms = {"client_authentication": ClientAuthentication.NONE}
    public = idp.registers(a_registration(name="carnet", client_id="carnet", **terms))
    answer = public.answer(browser.logs_in(jeanne, to=public))
    assert is_refused(public.redeems(answer, authorization="", client_id="carnet", code_verifier="x" * 43))
    answer = public.answer(browser.visits(public.asks()))
    assert public.redeems(answer, authorization="", client_id="carnet").status_code == 200


def test_what_is_no_code_is_refused(dcc, answer):
    for code in ("", "x", "é", "x" * 4000, "\x00", b"\xff", "../../x", "token:x"):
        response = dcc.redeems(answer, code=code)
        assert response.status_code == 400
        assert response.get_json()["error"] in ("invalid_grant", "invalid_request")


def test_an_access_token_is_no_code(dcc, answer):
    token = dcc.redeems(answer).get_json()["access_token"]
    assert is_refused(dcc.redeems(replace(answer, code=token)))


def test_no_other_grant_is_given(dcc, answer):
    for grant_type in ("password", "refresh_token", "client_credentials", "implicit", "AUTHORIZATION_CODE"):
        response = dcc.redeems(answer, grant_type=grant_type, username="jdupont", password="x", refresh_token="x")
        assert response.get_json()["error"] == "unsupported_grant_type"
