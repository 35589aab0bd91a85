"""Prevents: a field that a proxy passes on, taken for another because their names differ only by `_`."""

from collections.abc import Iterator

import pytest

from tests.web_servers import Server, a_get, running

pytestmark = pytest.mark.slow

FORGED = "198.51.100.7"


@pytest.fixture(scope="module", params=["granian", "gunicorn"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(request.param, tmp_path_factory.mktemp("served")) as server:
        yield server


@pytest.mark.parametrize("name", ["X_Forwarded_For", "X-Forwarded_For", "X_FORWARDED-FOR"])
@pytest.mark.parametrize("beside", [(), ("X-Forwarded-For: 192.0.2.1",)])
def test_an_address_under_another_name_is_not_believed(server: Server, name: str, beside: tuple[str, ...]) -> None:
    for fields in ([f"{name}: {FORGED}", *beside], [*beside, f"{name}: {FORGED}"]):
        environ = server.gets("/", *fields).environ
        assert environ["REMOTE_ADDR"] == ("192.0.2.1" if beside else "127.0.0.1")
        assert FORGED not in str(environ)


@pytest.mark.parametrize(
    "name",
    [
        *("X_Forwarded_Proto", "Content_Type", "Content_Length", "Transfer_Encoding", "Authorization_", "Host_"),
        *("SCRIPT_NAME", "PATH_INFO", "REMOTE_ADDR", "HTTP_HOST", "wsgi_url_scheme", "X_Request_Id", "Sec_Fetch_Site"),
    ],
)
def test_no_field_whose_name_has_an_underscore_reaches_the_application(server: Server, name: str) -> None:
    environ = server.gets("/", f"{name}: https-forged").environ
    assert "https-forged" not in str(environ)
    assert environ["wsgi.url_scheme"] == "http"


@pytest.mark.parametrize("name", ["X-Forwarded-Protocol", "X-Forwarded-SSL", "Forwarded", "X-Forwarded-Host"])
def test_only_the_two_fields_that_we_name_say_how_a_request_came(server: Server, name: str) -> None:
    environ = server.gets("/", f"{name}: {'https' if name.endswith('col') else 'on'}").environ
    assert environ["wsgi.url_scheme"] == "http"


def test_a_field_that_comes_twice_is_one_list(server: Server) -> None:
    """RFC 9110 section 5.3; of addresses, the proxy that we trust wrote the last one."""
    environ = server.gets("/", f"X-Forwarded-For: {FORGED}", "X-Forwarded-For: 192.0.2.1").environ
    assert environ["REMOTE_ADDR"] == "192.0.2.1"


@pytest.mark.parametrize(
    "octets",
    [
        pytest.param(a_get("/", "Content-Length: 3", "Content-Length: 4") + b"abcd", id="two lengths"),
        pytest.param(a_get("/", "Content-Length: -1"), id="a negative length"),
        pytest.param(a_get("/", "Transfer-Encoding: chunked, identity") + b"0\r\n\r\n", id="chunks within"),
    ],
)
def test_a_request_whose_end_can_be_understood_in_two_ways_is_refused(server: Server, octets: bytes) -> None:
    """RFC 9112 section 6.3: otherwise a proxy and we may differ on where the next one begins."""
    assert server.answers(octets).status in (400, 411, 501, 0)


def test_of_two_ways_to_end_a_body_chunks_count_or_neither_does(server: Server) -> None:
    """RFC 9112 section 6.3: Transfer-Encoding overrides the Content-Length; Gunicorn refuses both together."""
    answer = server.answers(a_get("/", "Content-Length: 3", "Transfer-Encoding: chunked") + b"0\r\n\r\n")
    assert answer.status == 400 or answer.environ["read"] == 0
