"""X-Forwarded-* is believed from the proxies that settings name, and from nobody else."""

import pytest

from config.web.proxies import MOST_KEPT, TrustedProxies
from tests.config.web.conftest import shell_app, shell_settings

PROXY, OTHER_PROXY, CLIENT, LIAR = "10.0.0.1", "10.0.0.2", "192.0.2.7", "203.0.113.9"


@pytest.fixture(scope="module")
def seen():
    """What the application sees of a request that came from `peer`."""
    app = shell_app(shell_settings(trusted_proxies=["10.0.0.0/8", "2001:db8:1::/48"]))

    def ask(peer: str, forwarded: str | None = None, proto: str | None = None):
        headers = {"X-Forwarded-For": forwarded, "X-Forwarded-Proto": proto, "X-Forwarded-Host": "evil.example"}
        given = {name: value for name, value in headers.items() if value is not None}
        return app.test_client().post("/token", headers=given, environ_base={"REMOTE_ADDR": peer}).json

    return ask


def test_forwarded_headers_of_strangers_are_ignored(seen):
    assert seen(LIAR, forwarded=CLIENT, proto="https") == {"from": LIAR, "scheme": "http"}


def test_without_trusted_proxies_forwarded_headers_are_ignored(visitor):
    answer = visitor.post("/token", headers={"X-Forwarded-For": CLIENT}, environ_base={"REMOTE_ADDR": "127.0.0.1"})
    assert answer.json["from"] == "127.0.0.1"


def test_a_trusted_proxy_gives_the_client_s_address(seen):
    assert seen(PROXY, forwarded=CLIENT, proto="https") == {"from": CLIENT, "scheme": "https"}


@pytest.mark.parametrize(
    ("forwarded", "client"),
    [
        (f"{LIAR}, {CLIENT}", CLIENT),  # what the client itself wrote comes first, and is not believed
        (f"{LIAR}, {CLIENT}, {OTHER_PROXY}", CLIENT),
        (f"{CLIENT}:51234", CLIENT),
        ("[2001:db8:2::5]:443", "2001:db8:2::5"),
        ("::ffff:192.0.2.7", CLIENT),
        ("unknown", PROXY),
        (f"{CLIENT}, garbage", PROXY),
        ("", PROXY),
        (OTHER_PROXY, OTHER_PROXY),
    ],
)
def test_the_client_is_the_nearest_address_that_is_not_a_proxy(seen, forwarded, client):
    assert seen(PROXY, forwarded=forwarded)["from"] == client


def test_a_scheme_that_does_not_exist_is_ignored(seen):
    assert seen(PROXY, proto="gopher")["scheme"] == "http"


def test_the_cache_of_addresses_is_bounded_and_changes_no_result():
    """Otherwise a client that sends a long list, or another one each time, fills our memory."""
    application = TrustedProxies(lambda environ, _start: [environ["REMOTE_ADDR"].encode()], ["10.0.0.0/8"])

    def found(forwarded: str) -> bytes:
        return next(iter(application({"REMOTE_ADDR": PROXY, "HTTP_X_FORWARDED_FOR": forwarded}, lambda *_: None)))

    assert [found(CLIENT), found(CLIENT), found(f"{LIAR}, {CLIENT}")] == [CLIENT.encode()] * 3
    for number in range(MOST_KEPT + 100):
        assert found(f"192.0.{number >> 8}.{number & 255}") == f"192.0.{number >> 8}.{number & 255}".encode()
    before = application._client_kept.cache_info()
    assert found(f"{'192.0.2.1, ' * 5000}{CLIENT}") == CLIENT.encode()
    assert application._client_kept.cache_info() == before
    assert before.currsize == MOST_KEPT
