"""What the application receives, and the limits of a request: the same for both web servers."""

from collections.abc import Iterator

import pytest

from config.server.limits import LARGEST_BODY, LARGEST_HEAD, LONGEST_BODY
from tests.web_servers import Server, a_get, a_post, answer_on, running

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", params=["granian", "gunicorn"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(request.param, tmp_path_factory.mktemp("served")) as server:
        yield server


def test_a_url_with_the_longest_saml_message_is_accepted(server: Server) -> None:
    query = "x" * 64 * 1000
    assert server.gets(f"/?{query}").environ["QUERY_STRING"] == query


def test_a_field_of_sixty_thousand_octets_is_accepted(server: Server) -> None:
    assert len(server.gets("/", f"Cookie: a={'x' * 60_000}").environ["HTTP_COOKIE"]) == 60_002


@pytest.mark.parametrize("name", ["address", "field", "fields"])
def test_a_head_larger_than_the_limit_is_refused(server: Server, name: str) -> None:
    octets = {
        "address": a_get("/" + "x" * LARGEST_HEAD * 2),
        "field": a_get("/", f"Cookie: {'x' * LARGEST_HEAD * 2}"),
        "fields": a_get("/", *(f"X-{number}: {'x' * 2000}" for number in range(99))),
    }[name]
    assert server.answers(octets).status in (414, 431)


def test_a_body_is_received_whole_in_one_piece_or_in_several(server: Server) -> None:
    body = b"x" * LARGEST_BODY
    assert server.answers(a_post(body)).environ["read"] == LARGEST_BODY
    with server.begins(a_post(body[:10], length=20)) as connection:
        connection.sendall(body[:10])
        assert answer_on(connection).environ["read"] == 20
        connection.sendall(a_post(b"abc"))
        assert answer_on(connection).environ["read"] == 3


def test_a_body_in_chunks_has_a_length_for_the_application(server: Server) -> None:
    head = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    environ = server.answers(head + b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n").environ
    assert environ["read"] == 5


def test_chunks_beyond_the_limit_are_refused(server: Server) -> None:
    head = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert server.answers(head + b"4000\r\n%s\r\n" % (b"x" * 0x4000) * 5).status in (413, 400, 0)


def test_a_body_announced_larger_than_the_limit_is_not_read_and_the_application_refuses_it(server: Server) -> None:
    environ = server.answers(a_post(b"x" * 100, length=LONGEST_BODY + 1)).environ
    assert environ["CONTENT_LENGTH"] == str(LONGEST_BODY + 1)
    assert environ["read"] <= 100


def test_a_large_body_is_received_to_its_end_and_its_beginning_is_kept(server: Server) -> None:
    """A browser shows the answer to a form that is too long, and its next request is answered."""
    length = LARGEST_BODY * 10
    body = b"begins" + b"x" * (length - 6)
    with server.begins(a_post(body[:1000], length=length)) as connection:
        connection.sendall(body[1000:])
        answer = answer_on(connection).environ
    assert (answer["CONTENT_LENGTH"], answer["read"]) == (str(length), LARGEST_BODY)
    assert server.gets("/after").environ["PATH_INFO"] == "/after"


def test_a_client_that_expects_100_continue_receives_it(server: Server) -> None:
    """RFC 9110 section 10.1.1; .NET sends forms this way."""
    with server.begins(a_get("/", "Content-Length: 3", "Expect: 100-continue").replace(b"GET", b"POST")) as connection:
        assert connection.recv(100).startswith(b"HTTP/1.1 100 ")
        connection.sendall(b"abc")
        assert answer_on(connection).environ["read"] == 3


def test_two_requests_sent_at_once_are_answered_in_turn(server: Server) -> None:
    with server.begins(a_post(b"abc") + a_get("/second")) as connection:
        assert answer_on(connection).environ["read"] == 3
        assert answer_on(connection).environ["PATH_INFO"] == "/second"


def test_octets_outside_ascii_are_encoded_as_pep_3333_requires(server: Server) -> None:
    environ = server.gets("/caf%C3%A9?n=%C3%A9").environ
    assert environ["PATH_INFO"].encode("latin-1").decode() == "/café"
    assert environ["QUERY_STRING"] == "n=%C3%A9"
