"""A machine that looks before the person comes is answered without the view."""

import pytest
from flask import Blueprint, Flask
from werkzeug.test import EnvironBuilder

from config.web.prefetch import ignore_prefetch


@pytest.fixture(scope="module")
def asks():
    """The status of an answer, and whether the view was called for it."""
    called = []
    once = Blueprint("once", __name__)
    once.get("/", endpoint="spend")(lambda: called.append(True) or "spent")
    app = Flask("ahead", static_folder=None)
    app.register_blueprint(ignore_prefetch(once))

    def ask(**said: str) -> tuple[int, bool]:
        called.clear()
        with app.test_client() as client:
            return client.open(EnvironBuilder(environ_overrides=said)).status_code, bool(called)

    return ask


def test_a_person_reaches_the_view(asks):
    assert asks(REQUEST_METHOD="GET", HTTP_SEC_PURPOSE="", HTTP_PURPOSE="navigate") == (200, True)
    assert asks(REQUEST_METHOD="GET") == (200, True)


@pytest.mark.parametrize("method", ["HEAD", "head", "Head"])
def test_head_does_not_call_the_view(asks, method):
    assert asks(REQUEST_METHOD=method) == (200, False)


@pytest.mark.parametrize("header", ["HTTP_SEC_PURPOSE", "HTTP_PURPOSE", "HTTP_X_PURPOSE", "HTTP_X_MOZ"])
@pytest.mark.parametrize("value", ["prefetch", "Prefetch", "prefetch;prerender", "preview"])
def test_a_prefetch_gets_a_retry_response(asks, header, value):
    assert asks(REQUEST_METHOD="GET", **{header: value}) == (503, False)
    assert asks(**{"REQUEST_METHOD": "GET", "HTTP_SEC_PURPOSE": "other", header: value}) == (503, False)
