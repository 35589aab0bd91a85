"""Every response leaves with the same headers, and a page is never kept."""

import pytest

from config.web.security import content_security_policy
from tests.config.web.conftest import shell_app, shell_settings


@pytest.mark.parametrize("address", ["/form", "/nowhere", "/token", "/away", "/language?to=en&back=/form"])
def test_every_response_has_the_security_headers(visitor, address):
    response = visitor.get(address)

    assert response.headers["Content-Security-Policy"] == content_security_policy()
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["Referrer-Policy"] == "no-referrer"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "camera=()" in response.headers["Permissions-Policy"]
    assert response.headers["Strict-Transport-Security"] == "max-age=63072000"
    assert len(response.headers.getlist("Content-Security-Policy")) == 1


@pytest.mark.parametrize("address", ["/form", "/nowhere", "/token", "/away", "/accessibility"])
def test_no_response_isolates_a_popup_from_its_opener(visitor, address):
    """HTML 7.1.3: of a navigation, one response is enough to lose `window.opener` for good."""
    assert "Cross-Origin-Opener-Policy" not in visitor.get(address).headers


def test_the_policy_is_the_strict_one():
    assert content_security_policy() == (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
        "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    )


def test_one_response_may_change_one_directive():
    changed = content_security_policy(form_action="'self' https://dcc.example")
    assert "form-action 'self' https://dcc.example;" in changed
    assert "default-src 'none'" in changed


def test_http_on_loopback_has_no_hsts():
    settings = shell_settings(environment="development", issuer="http://localhost:8400")
    assert "Strict-Transport-Security" not in shell_app(settings).test_client().get("/form").headers


def test_a_static_file_is_cached_for_a_year_under_its_digest(visitor):
    page = visitor.get("/form").text
    address = page.split('rel="stylesheet" href="')[1].split('"')[0]

    current, other_version = visitor.get(address), visitor.get("/static/000000000000/app.css")

    assert current.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert current.content_type == "text/css; charset=utf-8"
    assert other_version.headers["Cache-Control"] == "no-cache"
    assert other_version.data == current.data


@pytest.mark.parametrize("address", ["/static/x/../shell.py", "/static/x/%2e%2e%2fshell.py", "/static/x/shell.py"])
def test_nothing_else_of_the_tree_is_served(visitor, address):
    assert visitor.get(address).status_code == 404
