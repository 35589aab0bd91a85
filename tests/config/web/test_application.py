"""Our Flask has no session and reads no host: what would rely on either fails, or stays ours."""

import flask
import pytest
from flask import Flask

from config.web.application import WebApplication
from config.web.asked import AskedRequest


@pytest.fixture(scope="module")
def app() -> Flask:
    app = WebApplication("plain", static_folder=None)
    app.request_class = AskedRequest
    app.get("/here", endpoint="here")(lambda: "here")
    return app


@pytest.mark.parametrize(
    "use",
    [
        lambda session: session["a"],
        lambda session: session.get("a"),
        lambda session: session.update(a=1),
        lambda session: session.pop("a", None),
        lambda session: session.clear(),
        lambda session: "a" in session,
        dict,
        len,
        bool,
        lambda session: session.permanent,
        lambda session: setattr(session, "permanent", True),
    ],
)
def test_whoever_uses_a_session_of_flask_is_told_where_ours_are(app, use):
    app.secret_key = "a secret that would make Flask keep one"
    with app.test_request_context("/here"), pytest.raises(RuntimeError, match=r"config/web/cookies\.py"):
        use(flask.session)


def test_a_session_cookie_of_flask_is_neither_read_nor_given(app):
    answer = app.test_client().get("/here", headers={"Cookie": "session=eyJhIjoxfQ.x.y"})

    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers
    assert "Vary" not in answer.headers
