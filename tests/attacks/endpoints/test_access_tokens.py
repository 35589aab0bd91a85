"""Prevents: opening userinfo by anything but a good access token in the header (RFC 6750, RFC 9700 section 4.10)."""

import pytest
import redis

from idp.login.methods.password import PASSWORD


@pytest.fixture
def signed_in(browser, jeanne, dcc):
    return dcc.signs_in(browser.logs_in(jeanne, to=dcc))


def asks(dcc, authorization, path="/oidc/userinfo", **how):
    headers = {} if authorization is None else {"Authorization": authorization}
    return dcc.calls.open(path, headers=headers, **how)


def test_the_token_is_in_the_header(dcc, signed_in):
    """Core 1.0 5.3.1: GET or POST. RFC 6750 2.1; the scheme in any case, RFC 9110 11.1."""
    for scheme in ("Bearer", "bearer", "BEARER"):
        for method in ("GET", "POST"):
            assert asks(dcc, f"{scheme} {signed_in.access_token}", method=method).status_code == 200


NOT_QUITE = [
    "Bearer{}",
    "BearerX{}",
    "{}",
    "Basic {}",
    "Bearer {} x",
    "Bearer {}x",
    "Bearer x{}",
    "Bearer é{}",
    "DPoP {}",
]


def test_what_is_not_quite_a_bearer_token_is_none(dcc, signed_in):
    for written in NOT_QUITE:
        response = asks(dcc, written.format(signed_in.access_token))
        assert (written, response.status_code) == (written, 401)
        assert 'error="invalid_token"' in response.headers["WWW-Authenticate"]
        assert signed_in.access_token not in response.text


def test_an_address_carries_no_token(dcc, signed_in):
    """RFC 9700 4.3.2: clients MUST NOT pass access tokens in a URI query parameter; it is in every log."""
    response = asks(dcc, None, path=f"/oidc/userinfo?access_token={signed_in.access_token}")
    assert response.status_code == 401


def test_a_form_carries_no_token(dcc, signed_in):
    response = asks(dcc, None, method="POST", data={"access_token": signed_in.access_token})
    assert response.status_code == 401


def test_a_request_without_a_token_is_told_of_no_error(dcc):
    """RFC 6750 3.1: SHOULD NOT include an error code or other error information."""
    response = asks(dcc, None)
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == 'Bearer realm="userinfo"'


def test_what_is_no_token_is_401(dcc):
    for token in ("", " ", "x", "x" * 5000, "\x00", "é", "a b", "../grant", "grant:x"):
        assert asks(dcc, f"Bearer {token}").status_code == 401


def test_an_id_token_and_a_code_are_no_access_tokens(dcc, signed_in):
    for other in (signed_in.id_token, signed_in.code):
        assert dcc.userinfo(other).status_code == 401


def test_a_token_ends_with_its_own_session_and_no_other(idp, browser, jeanne, dcc, signed_in):
    elsewhere = dcc.signs_in(idp.a_browser().logs_in(jeanne, to=dcc))
    browser.visits(dcc.asks_to_log_out(signed_in))
    assert dcc.userinfo(signed_in.access_token).status_code == 401
    assert dcc.userinfo(elsewhere.access_token).status_code == 200


def test_userinfo_is_stored_nowhere(dcc, signed_in):
    assert dcc.userinfo(signed_in.access_token).headers["Cache-Control"] == "no-store"


def test_no_page_of_a_browser_reads_userinfo_with_its_cookies(browser, dcc, signed_in):
    """A session's cookie is no access token."""
    assert browser.asks(f"{dcc.issuer}/oidc/userinfo").status_code == 401


def test_who_reads_the_store_has_neither_codes_tokens_sessions_nor_logins(idp, browser, dcc, signed_in, redis_socket):
    """Prevents: a backup or a dump of Redis opening anything."""
    browser.visits(dcc.asks(prompt="login"))
    pending = browser.page.path.rpartition("/")[2]
    cookies = [value for value in browser.cookies["localhost"].values() if value != PASSWORD.method]  # the last method
    with redis.Redis(unix_socket_path=str(redis_socket)) as client:
        kept = b" ".join(client.dump(key) + key for key in client.scan_iter())
    secrets = [signed_in.code, signed_in.access_token, pending, *(cookie.rpartition(".")[2] for cookie in cookies)]
    assert [secret for secret in secrets if secret.encode() in kept] == []
