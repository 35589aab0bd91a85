"""A complete response is given to the server as it is: its octets, its headers, and nothing to come back for."""

import pytest
from flask import Flask
from werkzeug.test import EnvironBuilder

from config.web.responses import RawResponse, see_other
from config.web.web_app import WebShell
from tests.config.web.conftest import shell_settings


@pytest.fixture(scope="module")
def answer():
    """What a server is given by an application that wears the shell."""
    app = Flask("complete", static_folder=None)
    WebShell(shell_settings(), service="complete").init_app(app)
    said = RawResponse("été".encode(), 200, headers=[("Content-Type", "text/plain; charset=utf-8")])
    app.get("/said", endpoint="said")(lambda: said)
    app.get("/elsewhere", endpoint="elsewhere")(lambda: see_other("https://dcc.example/callback?code=a%20b"))

    def asked(path, method="GET"):
        started = []
        body = app.wsgi_app(EnvironBuilder(path=path, method=method).get_environ(), lambda *told: started.append(told))
        [(status, headers, _)] = started
        return status, dict(headers), body

    return asked


def test_the_body_of_a_raw_response_is_a_list(answer):
    status, headers, body = answer("/said")

    assert status == "200 OK"
    assert body == ["été".encode()]
    assert type(body) is list
    assert (headers["Content-Type"], headers["Content-Length"]) == ("text/plain; charset=utf-8", "5")
    assert headers["X-Frame-Options"] == "DENY"


def test_head_has_a_length_and_no_body(answer):
    """RFC 9110 9.3.2: the server MUST NOT send content in the response."""
    status, headers, body = answer("/said", method="HEAD")

    assert status == "200 OK"
    assert headers["Content-Length"] == "5"
    assert list(body) == []


def test_a_redirect_has_its_address_unchanged(answer):
    status, headers, body = answer("/elsewhere")

    assert status == "303 SEE OTHER"
    assert headers["Location"] == "https://dcc.example/callback?code=a%20b"
    assert (headers["Content-Length"], body) == ("0", [b""])
    assert "Content-Type" not in headers


def test_call_on_close_fails():
    with pytest.raises(RuntimeError, match="nothing would call"):
        RawResponse(b"", 200, headers=[]).call_on_close(print)


@pytest.mark.parametrize("value", ["a\r\nSet-Cookie: b=c", "a\nb", "a\rb"])
def test_a_header_is_one_line(value):
    with pytest.raises(ValueError, match="newline"):
        RawResponse(b"", 200, headers=[("Location", value)])
