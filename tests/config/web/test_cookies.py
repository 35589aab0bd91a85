"""A cookie of one address alone, and one of the whole site: their names and attributes, with https and without."""

import pytest
from flask import Response

from config.web.cookies import Cookies
from tests.config.web.conftest import shell_app, shell_settings

PLAIN = {"environment": "development", "issuer": "http://localhost:8400", "plain_http_cookies": True}


@pytest.mark.parametrize(
    ("changed", "path", "name", "is_secure"),
    [
        ({}, "/", "__Host-idp-login", True),
        ({}, "/login/dcc:x", "__Secure-idp-login", True),
        (PLAIN, "/", "idp-login", False),
        (PLAIN, "/login/dcc:x", "idp-login", False),
    ],
)
def test_the_attributes_of_a_cookie(changed, path, name, is_secure):
    """RFC 6265bis 4.1.3: `__Host-` allows no path but /, and scripts send no Secure one over plain http."""
    settings = shell_settings(**changed)
    cookies, app = Cookies(settings, service="idp"), shell_app(settings)
    with app.test_request_context("/", headers={"Cookie": f"{name}=given"}):
        assert cookies.read("login", path=path) == "given"
        for set_it in (
            lambda answer: cookies.set(answer, "login", "v", path=path),
            lambda answer: cookies.delete(answer, "login", path=path),
        ):
            set_it(answer := Response())
            said, *attributes = answer.headers["Set-Cookie"].split("; ")
            assert said.startswith(f"{name}=")
            assert {"HttpOnly", f"Path={path}", "SameSite=Lax"} <= set(attributes)
            assert ("Secure" in attributes) is is_secure
