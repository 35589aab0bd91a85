"""Any request to any address of the bridge is answered without a fault of ours, and opens no window by accident."""

import json
import socket

from hypothesis import given, settings
from hypothesis import strategies as st

from card_bridge.assertion import Purpose
from card_bridge.workstation.bridge import CODE, NONCE
from card_bridge.workstation.hand_off import TICKET
from tests.card_bridge.workstation.running_bridge import ORIGIN, page_headers

ANSWERS = {200, 204, 303, 400, 403, 404, 413, 421}
PATHS = st.sampled_from(["/", "/sheet", "/hand-off", "/v1/status", "/v1/sign", "/v1/cancel", "/v1/", "/x", "/v1/sign/"])
METHODS = st.sampled_from(["GET", "POST", "OPTIONS", "HEAD", "PUT", "DELETE", "PATCH", "TRACE"])
PRINTABLE = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), max_size=80)
HEADERS = st.fixed_dictionaries(
    {},
    optional={
        "Host": PRINTABLE,
        "Origin": PRINTABLE | st.sampled_from([ORIGIN, "null", "https://evil.example"]),
        "Content_Type": PRINTABLE | st.just("application/json"),
        "X_Poterne_Card": PRINTABLE | st.just("1"),
        "Sec_Fetch_Mode": st.sampled_from(["cors", "no-cors", "navigate", "websocket", ""]),
        "Sec_Fetch_Dest": st.sampled_from(["document", "empty", "iframe", "image", ""]),
        "Sec_Fetch_Site": st.sampled_from(["none", "same-origin", "same-site", "cross-site"]),
        "Access_Control_Request_Method": PRINTABLE | st.just("POST"),
        "Access_Control_Request_Headers": PRINTABLE,
        "Accept_Language": PRINTABLE,
        "Upgrade": st.just("websocket"),
        "Cookie": PRINTABLE,
    },
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=80),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=10,
)
MEMBERS = st.fixed_dictionaries(
    {},
    optional={
        "purpose": JSON | st.sampled_from(Purpose),
        "nonce": JSON | st.from_regex(NONCE),
        "code": JSON | st.from_regex(CODE),
        "language": JSON,
        "pin": JSON,
        "origin": JSON,
        "hash": JSON,
    },
)


@given(METHODS, PATHS, st.binary(max_size=200), HEADERS)
@settings(max_examples=300)
def test_any_headers(bridge, method, path, body, headers):
    assert bridge.request(method, path, body or None, **headers).status in ANSWERS


@given(PATHS, st.text(max_size=200) | JSON.map(json.dumps), st.sampled_from(["status", "sign", "cancel"]))
def test_any_body_of_an_allowed_page(bridge, credulous, path, body, call):
    before = len(credulous.questions)
    answer = bridge.request("POST", f"/v1/{call}", body.encode("utf-8", "replace"), **page_headers())
    assert answer.status in (200, 400, 413)
    assert len(credulous.questions) == before


@given(MEMBERS)
def test_any_members_of_a_signature(bridge, members):
    """What is signed has a purpose, a nonce and the origin of the page; no member adds anything to that."""
    answer = bridge.call("sign", members)
    is_right = (
        members.get("purpose") in list(Purpose)
        and isinstance(members.get("nonce"), str)
        and NONCE.match(members["nonce"])
        and isinstance(members.get("code", ""), str)
        and (not members.get("code") or CODE.match(members["code"]))
        and not members.keys() - {"purpose", "nonce", "code", "language", "pin"}
        and isinstance(members.get("language", ""), str)
        and members.get("pin") is None
    )
    assert answer.status == (200 if is_right else 400)


@given(st.text(max_size=100), st.text(max_size=60))
def test_any_hand_off(bridge, credulous, issuer, ticket):
    before = len(credulous.questions)
    query = json.dumps([issuer, ticket])  # ASCII, with escapes
    path = "/hand-off?issuer=" + query.replace(" ", "+").replace('"', "%22") + f"&ticket={ticket.encode().hex()}"
    assert bridge.navigate(path, Sec_Fetch_Site="cross-site").status == 200
    assert len(credulous.questions) == before


@given(
    st.dictionaries(st.sampled_from(["issuer", "ticket", "proof", "x"]), st.text(max_size=100))
    | st.fixed_dictionaries({"issuer": st.just(ORIGIN), "ticket": st.from_regex(TICKET), "proof": st.text(max_size=70)})
)
def test_any_form_of_a_hand_off(bridge, credulous, fields):
    """Only the form of a page that this bridge has shown goes on: no other has its proof."""
    before = len(credulous.questions)
    assert bridge.submit("/hand-off", fields).status == 200
    assert len(credulous.questions) == before


@given(st.binary(max_size=400) | st.binary(max_size=200).map(lambda octets: b"POST /v1/sign HTTP/1.1\r\n" + octets))
def test_any_octets(bridge, octets):
    """The server says that it does not understand, or waits for more; the next request is answered."""
    with socket.create_connection(("127.0.0.1", bridge.port), timeout=5) as connection:
        connection.sendall(octets + b"\r\n\r\n")
    assert bridge.call("status").status == 200
