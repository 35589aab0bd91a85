"""Prevents: a fault of ours by any input to an address of the card, from the page, the card software or nginx."""

import json
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.test import Client

from card_bridge.verification.hand_offs import HandOffs
from idp.login.methods.card.tls_listener import tls_listener
from tests.actors.card import called, goes_to_browser_door, posts
from tests.fixtures.card_login import TLS_DOMAIN

FEW = settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
any_text = st.one_of(
    st.text(max_size=60),
    st.sampled_from(["\x00", "A" * 43, "A" * 92, "é", "{}", "[" * 900, "\ud800", "-_" * 30, "%00", "x" * 9_000]),
).map(lambda text: text.encode("utf-8", "replace").decode())
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | any_text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(any_text, inner, max_size=3),
    max_leaves=6,
)


@FEW
@given(assertion=any_text, nonce=any_text)
def test_a_posted_assertion(browser, dcc, card, assertion, nonce):
    browser.visits(dcc.asks())
    assert posts(browser, assertion, nonce).status in (422, 429)


@FEW
@given(
    members=st.dictionaries(
        st.sampled_from(["format", "algorithm", "certificate", "signature", "presence", "bridge", "x"]), json_values
    )
)
def test_an_assertion_of_our_format_with_other_members(browser, dcc, card, members):
    browser.visits(dcc.asks())
    nonce = card.is_challenged(browser)["nonce"]
    right = json.loads(card.signs(nonce))
    altered = right | {name: value for name, value in members.items() if right.get(name, "") != value}
    if altered | {"bridge": ""} != right | {"bridge": ""}:  # a version of the bridge is believed: nobody signs it
        assert posts(browser, json.dumps(altered), nonce).status in (422, 429)


@FEW
@given(ticket=any_text, body=st.binary(max_size=200), kind=st.sampled_from(["application/json", "text/plain", ""]))
def test_what_card_software_sends(idp, ticket, body, kind):
    path = f"/card/hand-off/{quote(ticket, safe='')}"
    assert called(idp.app, "GET", path).status_code in (404, 308, 400)
    assert called(idp.app, "POST", path, data=body, content_type=kind).status_code in (400, 404, 405, 413, 415, 308)


@FEW
@given(page=st.sampled_from(["return", "software", "browser"]), query=any_text)
def test_the_addresses_of_a_login_with_any_query(browser, dcc, card, page, query):
    address = browser.visits(dcc.asks()).url
    for name in ("handle", "ticket"):
        assert browser.asks(f"{address}/card/{page}?{name}={quote(query, safe='')}").status_code in (303, 422)


@FEW
@given(path=any_text, host=any_text, pem=st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=60))
def test_what_the_proxy_could_pass_to_the_listener(idp, path, host, pem):
    listener = tls_listener(HandOffs(idp.services.store), issuer=idp.issuer, domain=TLS_DOMAIN)
    headers = {"X-Card-Verified": "SUCCESS", "X-Card-Certificate": pem, "Host": quote(host)[:200]}
    answer = Client(listener).get(f"/card/tls/{quote(path, safe='')}", headers=headers)
    assert answer.status_code == 404


@pytest.mark.parametrize("der", [b"", b"\x30", b"\x30\x80", b"\xff" * 4_000], ids=["empty", "cut", "endless", "long"])
def test_a_certificate_that_cannot_be_read_is_refused_on_the_page(idp, browser, dcc, card, der):
    browser.visits(dcc.asks())
    ticket = goes_to_browser_door(browser).rpartition("/")[2]
    back = HandOffs(idp.services.store).take_certificate(ticket, der)
    page = browser.visits(f"{idp.issuer}{back}")
    assert (page.status, "Le certificat de cette carte est illisible" in page.text) == (422, True)
