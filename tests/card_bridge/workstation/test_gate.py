"""The gate: one request that passes, and for each rule one that breaks that rule alone."""

from collections.abc import Iterator

import pytest

from card_bridge.workstation.gate import LARGEST_BODY
from card_bridge.workstation.pin_entry.window import WindowDialogs
from tests.card_bridge.workstation.readers import NoReaders
from tests.card_bridge.workstation.running_bridge import ORIGIN, RunningBridge, page_headers, running_bridge


@pytest.fixture(scope="module")
def bridge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningBridge]:
    with running_bridge(tmp_path_factory.mktemp("bridge"), NoReaders(), WindowDialogs("fr")) as running:
        yield running


def test_a_page_of_an_allowed_origin_is_answered_and_may_read_the_answer(bridge):
    answer = bridge.call("status")
    assert answer.status == 200
    assert answer.json["state"] == "no-reader"
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "rebound.example"}, 421),
        ({"Host": "127.0.0.1"}, 421),
        ({"Host": "0.0.0.0:16731"}, 421),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "https://id.example.evil.example"}, 403),
        ({"Origin": "http://id.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": None}, 403),
        ({"Sec_Fetch_Mode": "navigate"}, 403),
        ({"Sec_Fetch_Mode": "no-cors"}, 403),
        ({"Sec_Fetch_Mode": "websocket"}, 403),
        ({"Sec_Fetch_Site": "none"}, 403),
        ({"Sec_Fetch_Site": "same-origin"}, 403),
        ({"Content_Type": "text/plain"}, 403),
        ({"Content_Type": "application/x-www-form-urlencoded"}, 403),
        ({"Content_Type": None}, 403),
        ({"X_Poterne_Card": None}, 403),
        ({"X_Poterne_Card": "0"}, 403),
    ],
)
def test_each_rule_refuses_alone_and_says_nothing(bridge, headers, status):
    answer = bridge.call("status", {}, **headers)
    assert (answer.status, answer.body) == (status, b"")
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_the_self_test_names_the_sites_that_were_refused(bridge):
    """Their pages cannot tell a software that does not know them from one that is absent."""
    for number in range(7):
        bridge.call("status", Origin=f"https://id{number}.example")
    bridge.call("status", Origin="https://<b>.example")
    page = bridge.navigate("/").body.decode()
    assert "Sites refusés" in page
    assert "https://id2.example, https://id3.example" in page
    assert "id1.example" not in page
    assert "<b>" not in page


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "PATCH"])
def test_only_post_calls(bridge, method):
    assert bridge.request(method, "/v1/status", **page_headers()).status == 403


def test_a_large_body_is_not_read(bridge):
    answer = bridge.request("POST", "/v1/status", b" " * (LARGEST_BODY + 1), **page_headers())
    assert (answer.status, answer.body) == (413, b"")


def test_an_unknown_address_is_told_to_allowed_pages_only(bridge):
    assert bridge.call("unknown").status == 404
    assert bridge.call("unknown", Origin="https://evil.example").status == 403


def test_a_browser_without_sec_fetch_headers_may_call(bridge):
    assert bridge.call("status", Sec_Fetch_Site=None, Sec_Fetch_Mode=None, Sec_Fetch_Dest=None).status == 200


def test_a_preflight_is_answered_for_an_allowed_origin(bridge):
    """Fetch, section 4.8: the page asks for one method and two headers."""
    answer = bridge.request(
        "OPTIONS",
        "/v1/sign",
        Origin=ORIGIN,
        Access_Control_Request_Method="POST",
        Access_Control_Request_Headers="content-type,x-poterne-card",
    )
    assert answer.status == 204
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert answer.headers["Vary"] == "Origin"


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": None},
        {"Access_Control_Request_Method": "PUT"},
        {"Access_Control_Request_Headers": "x-other"},
    ],
)
def test_any_other_preflight_is_refused(bridge, headers):
    usual = {"Origin": ORIGIN, "Access_Control_Request_Method": "POST"}
    answer = bridge.request("OPTIONS", "/v1/sign", **(usual | headers))
    assert answer.status == 403
    assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.mark.parametrize("path", ["/", "/sheet"])
def test_the_own_pages_are_opened_by_the_person_and_not_by_another_site(bridge, path):
    assert bridge.navigate(path).status == 200
    assert bridge.navigate(path, Sec_Fetch_Site="same-origin").status == 200
    for site in ("cross-site", "same-site", None):
        assert bridge.navigate(path, Sec_Fetch_Site=site).status == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "rebound.example"},
        {"Sec_Fetch_Dest": "iframe"},
        {"Sec_Fetch_Dest": "image", "Sec_Fetch_Mode": "no-cors"},
        {"Sec_Fetch_Mode": "cors", "Sec_Fetch_Dest": "empty"},
        {"Sec_Fetch_Mode": None, "Sec_Fetch_Dest": None},
        {"Sec_Purpose": "prefetch;prerender"},
    ],
)
@pytest.mark.parametrize("path", ["/", "/hand-off?issuer=https://id.example&ticket=" + "t" * 43])
def test_a_page_is_a_navigation_in_the_address_bar(bridge, path, headers):
    answer = bridge.navigate(path, **headers)
    assert answer.status in (403, 421)
    assert answer.body == b""


def test_no_answer_is_cached_framed_or_sniffed(bridge):
    for answer in (bridge.call("status"), bridge.call("status", Origin="https://evil.example"), bridge.navigate("/")):
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
        assert "Server" not in answer.headers
        assert "Set-Cookie" not in answer.headers
