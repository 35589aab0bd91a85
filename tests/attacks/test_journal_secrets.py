"""Threat: a reader of the journal becomes somebody else.

A journal is copied to places that hold no secret: a log collector, a ticket, a mail to support. Nothing in it may open
a session, redeem a code, or sign.
"""

import io
import json
import logging
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jwkest.jwk import SYMKey
from pyop.authz_state import AuthorizationState
from pyop.client_authentication import verify_client_authentication

from config.logging_setup import REDACTED, redact, write_journal
from idp.journal_rules import JOURNAL_RULES

SECRET = "Zk3qPbV9wXyT4mN8"
JWT = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJqZGV1In0.Zk3qPbV9wXyT4mN8"


@pytest.fixture
def journal() -> io.StringIO:
    """What is written while everything is asked for, DEBUG included."""
    written = io.StringIO()
    write_journal("DEBUG", JOURNAL_RULES, to=written)
    return written


def lines(journal: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in journal.getvalue().splitlines()]


SENTENCES = [
    "GET /callback?code={}&state=x",
    "POST /oidc/token grant_type=authorization_code&code={}&redirect_uri=x",
    "authz_code={} exchanged",
    "code: {}",
    "Authorization code '{}' belonging to 'dcc' was used by 'perinat'",
    "{{'code': '{}', 'client_id': 'dcc'}}",
    "{{'code': ['{}']}}",
    '{{"access_token": "{}", "expires_in": 300}}',
    "Authorization: Bearer {}",
    "{{'Authorization': 'Basic {}=='}}",
    "using Bearer {}",
    "Cookie: __Host-idp-session={}; other=1",
    "Set-Cookie: idp-session={}; Path=/",
    "cookie __Host-idp-browser={}",
    "kept __Secure-idp-login-AGsMQ3r5={}",
    "{{'Cookie': 'idp-session={}'}}",
    "client_secret={}",
    "client_secret: {}",
    "password={}",
    "{{'new_password': '{}'}}",
    "smtp_password = '{}'",
    "Settings(smtp_password='{}')",
    "('password', '{}')",
    "refresh_token={}",
    "id_token_hint={}",
    "code_verifier={}",
    "SAMLResponse={}",
    "csrf_token={}",
    "GET /password/choose/{} 200",
    "GET /login/{} 200",
    "GET /login/dcc.example-2:{} 200",
    "GET /card/request?application=dcc&card={} 303",
    "GET /card/enrollment?card={}&draft=d 303",
    "GET /request/card/known?handle={} 303",
    "postgresql+psycopg://poterne:{}@db/poterne",
    "redis://:{}@cache:6379/0",
    "rediss://user:{}@cache",
    "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJqIn0.{}",
    "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----",
    "-----BEGIN EC PRIVATE KEY-----\n{}",
    '{{"kty": "EC", "crv": "P-256", "d": "{}"}}',
    "{{'kty': 'RSA', 'd': b'{}', 'e': b'AQAB'}}",
    "(sqlite3.IntegrityError) UNIQUE constraint failed [SQL: INSERT] [parameters: ('x', '{}')]",
    "pin={}",
]


@pytest.mark.parametrize("sentence", SENTENCES)
def test_a_secret_is_struck_out_of(journal: io.StringIO, sentence: str) -> None:
    logging.getLogger("anybody").info(sentence.format(SECRET))
    logging.getLogger("anybody").info("as an argument: %s", sentence.format(SECRET))
    assert SECRET not in journal.getvalue()
    assert journal.getvalue().count(REDACTED) >= 2


@given(
    name=st.sampled_from(["code", "password", "client_secret", "access_token", "id_token_hint", "code_verifier"]),
    secret=st.from_regex(r"[A-Za-z0-9._~-]{12,80}", fullmatch=True),
    form=st.sampled_from(["{}={}", "{}: {}", "'{}': '{}'", '"{}":"{}"', "a=b&{}={}&c=d", "('{}', '{}')"]),
)
def test_whatever_its_value_a_named_secret_is_struck_out(name: str, secret: str, form: str) -> None:
    assert secret not in redact(form.format(name, secret), JOURNAL_RULES.redactions)


@pytest.mark.parametrize(
    "sentence",
    [
        "Listening on http://127.0.0.1:8400",
        "dcc signed in jdupont by pwd",
        "migration 0003 applied",
        "status code 200",
        "Redis does not answer: TimeoutError",
        "Application 'dcc' has no redirect_uri http://127.0.0.1:8411/callback",
    ],
)
def test_what_is_no_secret_stays(sentence: str) -> None:
    assert redact(sentence, JOURNAL_RULES.redactions) == sentence


def test_a_field_with_a_secret_s_name_is_struck_out(journal: io.StringIO) -> None:
    form = {"code": SECRET, "state": "x", "others": [f"code={SECRET}"]}
    logging.getLogger("ours").info("event", extra={"password": SECRET, "client": "dcc", "form": form})
    assert SECRET not in journal.getvalue()
    assert lines(journal)[0]["client"] == "dcc"
    assert lines(journal)[0]["form"] == {"code": REDACTED, "state": "x", "others": [f"code={REDACTED}"]}


def test_a_fault_s_trace_is_struck_out(journal: io.StringIO) -> None:
    try:
        int(f"id_token={JWT}")
    except ValueError:
        logging.getLogger("ours").exception("fault")
    assert SECRET not in journal.getvalue()
    assert "ValueError" in lines(journal)[0]["trace"]


def test_an_event_is_one_line_whatever_it_says(journal: io.StringIO) -> None:
    """Nobody writes a line of the journal by putting a line break into a login."""
    logging.getLogger("ours").info("login %s", 'x\n{"level": "INFO", "message": "forged"}')
    assert len(lines(journal)) == 1


@pytest.mark.parametrize("name", JOURNAL_RULES.least_levels)
def test_libraries_that_write_secrets_are_held_even_if_somebody_lowers_their_level(
    journal: io.StringIO, name: str
) -> None:
    library = logging.getLogger(f"{name}.inner")
    library.setLevel(logging.DEBUG)
    try:
        library.debug("the key is %s", SECRET)
        library.info("it is %s", SECRET)
    finally:
        library.setLevel(logging.NOTSET)
    assert journal.getvalue() == ""


def test_pyop_writes_no_code_no_token_and_no_client_secret(journal: io.StringIO) -> None:
    """pyop 3.5.0: authz_state.py and client_authentication.py write them at DEBUG, provider.py a code at INFO."""
    loggers = [logging.getLogger(name) for name in ("pyop", "pyop.authz_state", "pyop.client_authentication")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.DEBUG)
    try:
        verify_client_authentication(
            {"dcc": {"client_secret": SECRET, "token_endpoint_auth_method": "client_secret_post"}},
            {"client_id": "dcc", "client_secret": SECRET},
        )
        assert AuthorizationState.__module__ == "pyop.authz_state"
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
    assert SECRET not in journal.getvalue()


def test_a_private_key_that_somebody_logs_is_struck_out(journal: io.StringIO) -> None:
    """jwkest's way of writing a key writes the private part: jwk.py, serialize."""
    key = SYMKey(kid="a", k=SECRET, alg="HS256")
    logging.getLogger("ours").warning("signed with %s", key.to_dict())
    assert SECRET not in journal.getvalue()
