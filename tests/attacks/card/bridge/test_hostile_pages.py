"""Hostile pages in a real Chromium, against a bridge whose card is ready and whose person says yes to everything.

Local Network Access is off, so that every page reaches the bridge: what refuses them here is the bridge alone. Each
attack is seen to do nothing, and the same script in the page of an allowed origin to sign.
"""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Playwright

from tests.card_bridge.workstation.running_bridge import NONCE, RunningBridge
from tests.card_bridge.workstation.service import Service, running_service
from tests.chromium import running_chromium

pytestmark = pytest.mark.browser

EVIL, REBOUND = "evil.test", "rebound.test"

FETCH = """async ([address, options]) => {
    try {
        const answer = await fetch(address, options);
        return [answer.type, answer.status, await answer.text()];
    } catch (fault) { return ["refused", 0, String(fault)]; }
}"""
BODY = f'{{"purpose": "login", "nonce": "{NONCE}"}}'
CALL = {"method": "POST", "body": BODY, "headers": {"Content-Type": "application/json", "X-Poterne-Card": "1"}}


@pytest.fixture(scope="module")
def pages() -> Iterator[Service]:
    """A server of empty pages, for every name of this computer."""
    with running_service(
        lambda _method, _path, _members: (200, b"<!doctype html><title>page</title><p>page")
    ) as server:
        yield server


@pytest.fixture(scope="module")
def allowed_origins(pages: Service) -> tuple[str, ...]:
    return (pages.origin,)


@pytest.fixture(scope="module")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    rules = f"MAP {EVIL} 127.0.0.1, MAP {REBOUND} 127.0.0.1"
    arguments = (f"--host-resolver-rules={rules}", "--disable-features=LocalNetworkAccessChecks")
    with running_chromium(playwright, *arguments) as browser:
        yield browser


@pytest.fixture
def page(chromium: Browser, pages: Service) -> Iterator[Page]:
    """A page of the hostile site."""
    context = chromium.new_context()
    page = context.new_page()
    page.goto(pages.origin.replace("localhost", EVIL))
    yield page
    context.close()


@pytest.fixture
def nothing_happens(page: Page, bridge: RunningBridge, credulous, pages: Service) -> Iterator[None]:
    """The bridge denied every request of the test: no window, no challenge fetched, no origin confirmed."""
    before = len(credulous.questions)
    statuses: list[int] = []
    page.on("response", lambda answer: statuses.append(answer.status) if f":{bridge.port}/" in answer.url else None)
    yield
    assert set(statuses) <= {403, 421}
    assert fetched_challenges(pages) == []
    assert len(credulous.questions) == before
    assert not any(EVIL in origin or origin == "null" for origin in bridge.grants.granted())


def fetched_challenges(pages: Service) -> list[str]:
    return [path for _method, path, _members in pages.received if path.startswith("/card/")]


def address(bridge: RunningBridge, path: str = "/v1/sign", *, host: str = "127.0.0.1") -> str:
    return f"http://{host}:{bridge.port}{path}"


def test_the_page_of_an_allowed_origin_gets_a_signature(page, pages, bridge, credulous):
    """Otherwise the tests below would say nothing."""
    page.goto(pages.origin)
    kind, status, text = page.evaluate(FETCH, [address(bridge), CALL])
    assert (kind, status, "assertion" in text) == ("cors", 200, True)
    assert credulous.questions


@pytest.mark.usefixtures("nothing_happens")
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "0.0.0.0", REBOUND, "[::1]"])  # noqa: S104 - an attack
@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"mode": "no-cors", "headers": {"Content-Type": "text/plain"}},
        {"headers": {"Content-Type": "text/plain"}},
        {"headers": {"Content-Type": "application/x-www-form-urlencoded", "X-Poterne-Card": "1"}},
        {"method": "GET", "body": None, "headers": {}},
        {"method": "PUT"},
        {"credentials": "include"},
        {"targetAddressSpace": "loopback"},
    ],
)
def test_fetch_reads_nothing(page, bridge, host, changed):
    options = {name: value for name, value in (CALL | changed).items() if value is not None}
    kind, status, text = page.evaluate(FETCH, [address(bridge, host=host), options])
    assert (kind, status) in (("refused", 0), ("opaque", 0))
    assert "assertion" not in text


def test_dns_rebinding(page, bridge, credulous):
    """The hostile name now resolves to 127.0.0.1: its page is of the same origin as the bridge, and is not answered.

    The page was loaded before that.
    """
    before = len(credulous.questions)
    page.route("**/attacker", lambda route: route.fulfill(body="<!doctype html>", content_type="text/html"))
    page.goto(address(bridge, "/attacker", host=REBOUND))
    for path in ("/v1/sign", "/v1/status", "/"):
        assert page.evaluate(FETCH, [path, CALL]) == ["basic", 421, ""]
    assert len(credulous.questions) == before


SUBMIT = """([action, type]) => {
    const form = document.createElement("form");
    Object.assign(form, {method: "POST", action, enctype: type});
    const field = document.createElement("input");
    Object.assign(field, {name: '{"purpose": "login", "nonce": "NONCE", "x": "', value: '"}'});
    form.append(field); document.body.append(form); form.submit();
}"""


@pytest.mark.usefixtures("nothing_happens")
@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
@pytest.mark.parametrize("path", ["/v1/sign", "/v1/cancel", "/hand-off"])
def test_a_form_that_posts_itself(page, bridge, kind, path):
    with page.expect_response(address(bridge, path)) as denied:
        page.evaluate(SUBMIT.replace("NONCE", NONCE), [address(bridge, path), kind])
    assert denied.value.status == 403


@pytest.mark.usefixtures("nothing_happens")
@pytest.mark.parametrize("path", ["/v1/sign", "/v1/status", "/", "/sheet"])
def test_a_navigation_to_the_bridge(page, bridge, path):
    with page.expect_response(address(bridge, path)) as denied:
        page.evaluate("address => { location.href = address }", address(bridge, path))
    assert denied.value.status == 403


def test_a_navigation_to_the_hand_off_of_an_issuer_that_is_not_allowed(page, pages, bridge, credulous):
    """The browser says on a page why not; nobody is asked."""
    before = len(credulous.questions)
    evil = pages.origin.replace("localhost", EVIL)
    page.goto(address(bridge, f"/hand-off?issuer={evil}&ticket={'t' * 43}"))
    assert page.get_by_role("alert").is_visible()
    assert len(credulous.questions) == before
    assert fetched_challenges(pages) == []


FOLLOW = """([href, policy]) => {
    const link = document.createElement("a");
    Object.assign(link, {href, referrerPolicy: policy});
    document.body.append(link); link.click();
}"""


@pytest.mark.parametrize("policy", ["origin", "unsafe-url", "no-referrer"])
def test_a_link_to_the_hand_off_of_an_allowed_issuer(page, pages, bridge, credulous, policy):
    """The browser does not name that issuer as the page of the link, so that the person is asked to go on first."""
    before = len(credulous.questions)
    page.evaluate(FOLLOW, [address(bridge, f"/hand-off?issuer={pages.origin}&ticket={'t' * 43}"), policy])
    page.get_by_role("button", name="Go on").wait_for()
    assert page.get_by_text(pages.origin).is_visible()
    assert len(credulous.questions) == before
    assert fetched_challenges(pages) == []


ELEMENT = """([name, attributes]) => new Promise(resolve => {
    const element = document.createElement(name);
    Object.assign(element, attributes);
    element.onload = () => resolve("loaded"); element.onerror = () => resolve("failed");
    document.body.append(element);
    setTimeout(() => resolve("nothing"), 700);
})"""


@pytest.mark.usefixtures("nothing_happens")
@pytest.mark.parametrize(
    ("name", "attribute", "more"),
    [
        ("img", "src", {}),
        ("script", "src", {}),
        ("link", "href", {"rel": "stylesheet"}),
        ("link", "href", {"rel": "prefetch"}),
        ("link", "href", {"rel": "prerender"}),
        ("object", "data", {}),
        ("embed", "src", {}),
        ("video", "src", {}),
        ("iframe", "src", {}),
    ],
)
@pytest.mark.parametrize("path", ["/", "/v1/status", "/hand-off?issuer={origin}&ticket=" + "t" * 43])
def test_an_element_loads_nothing(page, pages, bridge, name, attribute, more, path):
    page.evaluate(ELEMENT, [name, more | {attribute: address(bridge, path.format(origin=pages.origin))}])


SANDBOXED = """code => new Promise(resolve => {
    const frame = document.createElement("iframe");
    frame.sandbox = "allow-scripts allow-forms";
    addEventListener("message", event => resolve(event.data));
    frame.srcdoc = `<script>(${code}).then(answer => parent.postMessage(answer, "*"))</` + `script>`;
    document.body.append(frame);
})"""


@pytest.mark.usefixtures("nothing_happens")
def test_a_sandboxed_frame_whose_origin_is_null(page, pages, bridge):
    """Also in a page of an allowed origin, where an attacker may have placed it."""
    for origin in (pages.origin.replace("localhost", EVIL), pages.origin):
        page.goto(origin)
        script = f"({FETCH})(['{address(bridge)}', {CALL!r}])"
        assert page.evaluate(SANDBOXED, script)[0] == "refused"


WEBSOCKET = """address => new Promise(resolve => {
    const socket = new WebSocket(address);
    socket.onopen = () => resolve("open"); socket.onerror = () => resolve("refused");
})"""


@pytest.mark.usefixtures("nothing_happens")
@pytest.mark.parametrize("path", ["/v1/sign", "/", "/hand-off"])
def test_a_web_socket(page, bridge, path):
    assert page.evaluate(WEBSOCKET, address(bridge, path).replace("http:", "ws:")) == "refused"


@pytest.mark.usefixtures("nothing_happens")
def test_a_beacon(page, bridge):
    for body in ("body", "new Blob([body], {type: 'text/plain'})", "new URLSearchParams({body})"):
        page.evaluate(f"([to, body]) => navigator.sendBeacon(to, {body})", [address(bridge), BODY])
    assert page.evaluate(FETCH, [address(bridge), CALL])[0] == "refused"  # it came after both


@pytest.mark.usefixtures("nothing_happens")
def test_a_site_of_the_allowed_name_by_another_port_or_scheme(page, pages, bridge, chromium):
    """An origin is compared whole."""
    with running_service(lambda _method, _path, _members: (200, b"<!doctype html>")) as other:
        assert other.origin.rpartition(":")[0] == pages.origin.rpartition(":")[0]
        page.goto(other.origin)
        assert page.evaluate(FETCH, [address(bridge), CALL])[0] == "refused"
