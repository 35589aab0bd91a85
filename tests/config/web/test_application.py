"""Our Flask keeps no session and reads no host: what would rely on either fails."""

import flask
import pytest
from flask import Flask
from werkzeug.test import EnvironBuilder

from config.web.application import WebApplication
from config.web.request import AsciiRequest


@pytest.fixture(scope="module")
def app() -> Flask:
    app = WebApplication("plain", static_folder=None)
    app.request_class = AsciiRequest
    app.get("/here", endpoint="here")(lambda: flask.url_for("here"))
    app.get("/outside", endpoint="outside")(lambda: flask.url_for("here", _external=True))
    app.get("/folder/", endpoint="folder")(lambda: "folder")
    app.get("/part/<name>", endpoint="part")(lambda name: name)
    app.get("/part/first", endpoint="part", defaults={"name": "first"})
    return app


def test_nothing_can_be_kept_in_a_session_of_flask(app):
    with app.test_request_context("/here"), pytest.raises(RuntimeError, match="no secret key"):
        flask.session["a"] = 1


def test_a_session_cookie_of_flask_is_neither_read_nor_set(app):
    answer = app.test_client().get("/here", headers={"Cookie": "session=eyJhIjoxfQ.x.y"})

    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers
    assert "Vary" not in answer.headers


HOSTS = ["attacker.example", "attacker.example:443", "a..b", "x" * 300, "[::1", "a b", "\xe9", "xn--", "/", "@", ""]
ASKED = [
    ("GET", "/here"),
    ("POST", "/here"),
    ("HEAD", "/here"),
    ("OPTIONS", "/here"),
    ("GET", "/outside"),
    ("GET", "/nowhere"),
    ("GET", "/here/"),
    ("GET", "//here"),
    ("GET", "/folder/"),
    ("GET", "/folder"),
    ("GET", "/part//first"),
    ("GET", "/part/first"),
]


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize(("method", "path"), ASKED)
def test_the_host_header_does_not_change_a_response(app, method, path, host):
    honest = answer(app, method, path, host="id.example")

    assert answer(app, method, path, host=host) == honest
    assert "id.example" not in str(honest)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/here", "200 OK"),
        ("HEAD", "/here", "200 OK"),
        ("get", "/here", "200 OK"),
        ("POST", "/here", "405 METHOD NOT ALLOWED"),
        ("GET", "//here", "200 OK"),
        ("GET", "/here/", "404 NOT FOUND"),
        ("GET", "/part//first", "404 NOT FOUND"),
        ("GET", "/part/first", "200 OK"),
        ("GET", "/part/f\xc3\xa9", "200 OK"),
        ("GET", "/part/first\r\nSet-Cookie: x", "404 NOT FOUND"),
        ("GET", "/part/first\n", "404 NOT FOUND"),
        ("GET", "/part/\x00", "404 NOT FOUND"),
        ("GET", "/part/\x7f", "404 NOT FOUND"),
    ],
)
def test_a_view_is_found_by_path_and_method_as_flask_does(app, method, path, status):
    assert answer(app, method, path)[0] == status


def test_a_path_includes_the_mount_point(app):
    assert answer(app, "GET", "/here")[2] == b"/here"
    assert answer(app, "GET", "/here", SCRIPT_NAME="/idp")[2] == b"/idp/here"


@pytest.mark.parametrize("upgrade", ["websocket", "WebSocket"])
def test_a_websocket_is_refused(app, upgrade):
    opening = {"HTTP_UPGRADE": upgrade, "HTTP_CONNECTION": "keep-alive, Upgrade"}
    assert answer(app, "GET", "/here", **opening)[0] == "400 BAD REQUEST"


def test_outside_a_request_no_address_can_be_made(app):
    with app.app_context(), pytest.raises(RuntimeError, match="Unable to build URLs outside an active request"):
        flask.url_for("here")


def answer(app: Flask, method: str, path: str, *, host: str | None = None, **more: str) -> tuple[str, object, bytes]:
    environ = EnvironBuilder(method="GET").get_environ() | {"REQUEST_METHOD": method, "PATH_INFO": path} | more
    if host is not None:
        environ["HTTP_HOST"] = host
    started: list[tuple[str, object]] = []
    body = b"".join(app.wsgi_app(environ, lambda status, headers, _=None: started.append((status, headers))))
    return *started[0], body
