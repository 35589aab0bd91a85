"""Prevents: a fault of ours, or a word about our insides, by any input to any address of the application.

Every route and method is tried with texts that have broken others: bytes that are not UTF-8, repeated and huge
parameters, JSON too deep, nul, line ends, and whatever hypothesis makes of them.
"""

import io
import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote_from_bytes, unquote_to_bytes

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from werkzeug.test import EnvironBuilder, run_wsgi_app

from tests.actors.application import Application
from tests.actors.identity_provider import IdentityProvider

METHODS = ("GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "TRACE", "BREW")
TREE = Path(__file__).parents[3]
INSIDES = re.compile(
    rf"Traceback|\bFile \"|\.py\b|site-packages|{re.escape(str(TREE))}|"
    r"SELECT |INSERT |sqlite|psycopg|sqlalchemy|redis|werkzeug|"
    r"\bidp\.\w|config\.\w+\.|\w+Error\b|Exception|<class |object at 0x",
    re.IGNORECASE,
)

NAMES = (
    b"client_id", b"redirect_uri", b"response_type", b"scope", b"state", b"nonce", b"prompt", b"max_age", b"claims",
    b"id_token_hint", b"login_hint", b"ui_locales", b"acr_values", b"code_challenge", b"code_challenge_method",
    b"grant_type", b"code", b"code_verifier", b"client_secret", b"post_logout_redirect_uri", b"request", b"pending",
    b"login", b"password", b"current_password", b"new_password", b"choice", b"form_token", b"here", b"to", b"back",
    b"display", b"response_mode", b"request_uri", b"registration", b"access_token",
    b"SAMLRequest", b"SAMLResponse", b"SAMLart", b"RelayState", b"SigAlg", b"Signature", b"SAMLEncoding", b"target",
)  # fmt: skip
KNOWN = (
    b"dcc", b"http://127.0.0.1:8411/callback", b"code", b"openid", b"none", b"login", b"S256", b"authorization_code",
    b"A" * 43, b"0", b"fr", b"/", b"jdupont", b"Treille-Vive-71!", b"{}", b"[" * 1500, b"9" * 400, b"x" * 2000,
    b'{"id_token":{"acr":{"values":[1]}}}', b'{"id_token":{"sub":{"value":{}}}}', b'{"userinfo":{"a":{"value":1}}}',
    b'{"id_token":{"acr":{"essential":true,"values":{}}}}', b'{"id_token":{"\\ud800":null}}', b"\xff\xfe",
    b"\xed\xa0\x80", b"\x00", b"\r\nSet-Cookie: a=b", b"%ff", b"%", b"%00", b"\xe2\x80\xae", b"' OR 1=1 --", b"-1",
    b"../../etc/passwd", b"{{7*7}}", b"${7*7}", b"<script>alert(1)</script>", b"1e999", b"NaN", b"dcc:x", b":",
    b"e30.e30.e30", b"eyJhbGciOiJSUzI1NiIsImNyaXQiOjF9.e30.AA", b"PGEvPg==", b"S7TRBwA=",
    b"http://www.w3.org/2001/04/xmldsig-more#rsa-sha256", b"AAQAA" + b"A" * 51 + b"=",
)  # fmt: skip

values = st.one_of(st.sampled_from(KNOWN), st.sampled_from(KNOWN), st.binary(max_size=40), st.text(max_size=20).map(
    lambda text: text.encode("utf-8", "surrogatepass")
))  # fmt: skip
pairs = st.lists(st.tuples(st.one_of(st.sampled_from(NAMES), st.binary(max_size=8)), values), max_size=9)
headers = st.dictionaries(
    st.sampled_from(
        ["Authorization", "Accept-Language", "Origin", "Sec-Fetch-Site", "X-Forwarded-For", "X-Forwarded-Proto", "Host",
         "User-Agent", "Range", "If-None-Match", "If-Modified-Since", "Accept", "X-HTTP-Method-Override", "Referer"]
    ),
    st.one_of(
        st.sampled_from(["Basic ZGNjOng=", "Basic \xff", "Bearer x", "bytes=0-1", "fr;q=x", "*", "null", "x" * 300]),
        st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=30),
    ),
    max_size=4,
)  # fmt: skip
cookies = st.one_of(
    st.just(b""),
    st.binary(max_size=60),
    st.tuples(st.sampled_from([b"session", b"browser", b"language"]), values).map(
        lambda pair: b"__Host-idp-" + pair[0] + b"=" + pair[1]
    ),
)
content_types = st.sampled_from(
    ["application/x-www-form-urlencoded", "application/x-www-form-urlencoded; charset=utf-16", "application/json",
     "multipart/form-data; boundary=x", "multipart/form-data", "text/plain", "", "\xff", "x/y; charset=\x00"]
)  # fmt: skip


@dataclass(slots=True)
class Inside:
    """One installation, with a login begun in a browser and a session in another, for all the examples of a run."""

    idp: IdentityProvider
    dcc: Application
    known: list[str] = field(default_factory=list)
    cookies: list[bytes] = field(default_factory=list)

    @property
    def places(self) -> list[str]:
        """Every rule of the application, with something in the place of each variable."""
        return sorted({rule.rule for rule in self.idp.app.url_map.iter_rules()})


@pytest.fixture
def inside(idp, jeanne, dcc) -> Inside:
    browser, begun = idp.a_browser(), idp.a_browser()
    browser.logs_in(jeanne, to=dcc)
    pending = begun.visits(dcc.asks()).path.rpartition("/")[2]
    jars = [each.cookies["localhost"] for each in (browser, begun)]
    sent = ["; ".join(f"{name}={value}" for name, value in jar.items()).encode() for jar in jars]
    return Inside(idp=idp, dcc=dcc, known=[pending, "dcc", "app.css"], cookies=sent)


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    phases=[Phase.generate],
    report_multiple_bugs=False,
)
@given(data=st.data())
def test_no_input_to_any_address_is_a_fault_of_ours_or_shows_our_insides(inside, data):
    given_pairs, given_headers = data.draw(pairs), data.draw(headers)
    query = data.draw(st.one_of(st.just(b""), st.binary(max_size=30), pairs.map(written)))
    cookie = data.draw(st.one_of(cookies, st.sampled_from(inside.cookies)))
    content_type, method = data.draw(content_types), data.draw(st.sampled_from(METHODS))
    body = written(given_pairs) if data.draw(st.booleans()) else data.draw(st.binary(max_size=60))
    part = data.draw(st.one_of(st.sampled_from(inside.known), values.map(quote_from_bytes)))
    for place in inside.places:  # every route, each example
        path = re.sub(r"<[^>]*>", lambda _: part, place)
        # With what the fields expect of a query too: most of our addresses read one or the other.
        for each in (method, "GET", "POST"):
            environ = environment(each, path, query or written(given_pairs), body, content_type, given_headers, cookie)
            content, status, answered = run_wsgi_app(inside.idp.app.wsgi_app, environ, buffered=True)
            shown = b"".join(content).decode("utf-8")
            told = f"{each} {path}?{environ['QUERY_STRING']} -> {status}\n{shown[:2000]}"
            assert int(status[:3]) < 500 or status.startswith("501"), told
            if path == "/health/ready":  # says which component is away: config/web/health.py
                shown = shown.replace('"redis":', "")
            assert not INSIDES.search(shown + str(answered.get("Location", ""))), told


def written(given_pairs) -> bytes:
    """Percent-encoded, as a form is."""
    return "&".join(f"{quote_from_bytes(name)}={quote_from_bytes(value)}" for name, value in given_pairs).encode()


def environment(method, path, query, body, content_type, given_headers, cookie):
    builder = EnvironBuilder(path="/", base_url="http://localhost:8400", method=method, input_stream=None)
    environ = builder.get_environ()
    environ |= {
        "PATH_INFO": unquoted(path),
        "QUERY_STRING": query.decode("latin-1"),
        "CONTENT_TYPE": content_type,
        "CONTENT_LENGTH": str(len(body)),
        "HTTP_COOKIE": cookie.decode("latin-1"),
        "wsgi.input": io.BytesIO(body),
    }
    for name, value in given_headers.items():
        environ["HTTP_" + name.upper().replace("-", "_")] = value
    return environ


def unquoted(path: str) -> str:
    """PATH_INFO as a server gives it: decoded octets, as Latin-1 (PEP 3333)."""
    return unquote_to_bytes(path).decode("latin-1")
