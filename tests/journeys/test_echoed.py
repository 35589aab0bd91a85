"""What an application sends to be given back comes back to the letter, however long, or the request is refused."""

from urllib.parse import urlencode

import pytest

from idp.oidc.authorization.checks import LONGEST_NONCE
from idp.oidc.authorization.parameters import LONGEST_QUERY

LONG = ["s" * 2_048, "s" * 2_049, "a b+c&d=é%00/?#~" * 128, "s" * 7_000]
REFUSED = {"response_type": "token", "max_age": "x", "scope": "profile", "nonce": "n" * (LONGEST_NONCE + 1)}


@pytest.mark.parametrize("state", LONG, ids=lambda state: f"{state[:3]}... {len(state)}")
def test_a_state_comes_back_to_the_letter(browser, jeanne, dcc, state):
    """RFC 6749 4.1.2: the exact value received from the client."""
    assert dcc.signs_in(browser.logs_in(jeanne, to=dcc, state=state)).state == state
    assert dcc.signs_in(browser.visits(dcc.asks(state=state))).state == state


@pytest.mark.parametrize("wrong", REFUSED)
def test_a_refusal_gives_the_state_back_too(browser, dcc, wrong):
    """RFC 6749 4.1.2.1."""
    for state in LONG[:2]:
        answer = dcc.answer(browser.visits(dcc.asks(state=state, **{wrong: REFUSED[wrong]})))
        assert (answer.state, answer.description != "") == (state, True)


def test_a_request_that_is_too_long_is_a_page_and_not_another_request(browser, dcc):
    page = browser.visits(dcc.asks(state="s" * LONGEST_QUERY))
    assert page.status == 400
    assert "request.too-large" in page.text


@pytest.mark.parametrize("nonce", ["n" * LONGEST_NONCE, 'a b+c&d=é%00/?#~\\"'])
def test_a_nonce_comes_back_to_the_letter(browser, jeanne, dcc, nonce):
    """Core 1.0 3.1.2.1: passed through unmodified from the Authentication Request to the ID Token."""
    assert dcc.signs_in(browser.logs_in(jeanne, to=dcc, nonce=nonce)).claims["nonce"] == nonce


def test_octets_that_were_not_escaped_come_back_as_they_came(browser, jeanne, dcc):
    """RFC 3986 2.1 has them escaped; some software does not."""
    browser.logs_in(jeanne, to=dcc)
    query = urlencode(dcc.request(state="STATE"), safe=":/").replace("STATE", "é".encode().decode("latin-1"))
    dcc.asked["é"] = dcc.asked["STATE"]
    response = dcc.calls.get("/oidc/authorize", environ_overrides={"QUERY_STRING": f"{query}&prompt=none"})
    assert "&state=%C3%A9&" in response.headers["Location"]


@pytest.mark.parametrize("state", LONG, ids=lambda state: f"{state[:3]}... {len(state)}")
def test_the_state_of_a_logout_comes_back_to_the_letter(browser, jeanne, dcc, state):
    """RP-Initiated Logout 1.0, section 3."""
    signed_in = dcc.signs_in(browser.logs_in(jeanne, to=dcc))
    asked = {"id_token_hint": signed_in.id_token} if len(state) < 2_500 else {"id_token_hint": None}
    page = browser.visits(dcc.asks_to_log_out(None, state=state, **asked))
    if page.status == 200 and "Me déconnecter" in page.text:
        page = browser.submits(page.form_of("Me déconnecter"))
        assert page.link("Revenir") == f"{dcc.post_logout_redirect_uri}?{urlencode({'state': state})}"
        return
    assert page.parameters == {"state": state}


@pytest.mark.parametrize("cut", ["&state=one&state=two", "&state=%ff", "&state=" + "s" * LONGEST_QUERY])
def test_a_logout_whose_state_cannot_come_back_asks_the_person(browser, jeanne, dcc, cut):
    signed_in = dcc.signs_in(browser.logs_in(jeanne, to=dcc))
    page = browser.visits(dcc.asks_to_log_out(signed_in, state=None) + cut)
    page = browser.submits(page.form_of("Me déconnecter"))
    assert not [link for link in page.links if link.address.startswith(dcc.post_logout_redirect_uri)]
