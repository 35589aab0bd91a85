"""Prevents: passing for an application at the token endpoint, and making it fall (RFC 6749 section 2.3)."""

from base64 import b64encode

import pytest

from idp.oidc.client_authentication import authenticate
from idp.oidc.errors import TokenError
from relying_parties.policy import ClientAuthentication
from tests.builders.applications import OneApplication, an_application
from tests.builders.endpoint_requests import a_request
from tests.builders.operators import OPERATOR
from tests.builders.registry import a_registration


def basic(pair: bytes | str) -> str:
    return "Basic " + b64encode(pair if isinstance(pair, bytes) else pair.encode()).decode()


@pytest.fixture
def answer(browser, jeanne, dcc):
    return dcc.answer(browser.logs_in(jeanne, to=dcc))


MALFORMED = [
    "Basic",
    "Basic ",
    "Basic !!!!",
    "Basic ZGNj",  # no colon
    "Basic ZGNj=====",
    "Basic ZGNjOg",  # not padded
    basic(":"),
    basic("dcc:"),
    basic(":secret"),
    basic(b"\xff\xfe:\xff"),
    basic("dcc:" + "s" * 2000),
    basic("dcc\x00:x"),
    "Basic é",
    "Basic " + "A" * 7000,
    "Bearer abc",
    "Digest username=x",
    "basic\tZGNjOng=",
    "Negotiate",
    "x",
    ",",
]


def test_what_is_no_credential_is_401_and_never_a_fault_of_ours(dcc, answer):
    """RFC 6749 5.2: 401 and the scheme used by the client."""
    for authorization in MALFORMED:
        response = dcc.redeems(answer, authorization=authorization)
        assert (authorization, response.status_code) == (authorization, 401)
        assert response.get_json()["error"] == "invalid_client"
        assert response.headers["WWW-Authenticate"].startswith("Basic ")
        assert response.headers["Cache-Control"] == "no-store"


def test_the_scheme_is_written_in_any_case(dcc, answer):
    """RFC 9110 11.1."""
    assert dcc.redeems(answer, authorization=dcc.basic().replace("Basic", "bAsIc")).status_code == 200


def test_a_wrong_secret_is_refused_and_is_in_no_answer(dcc, answer):
    response = dcc.redeems(answer, authorization=dcc.basic("not-the-secret"))
    assert response.status_code == 401
    assert "not-the-secret" not in response.text + str(response.headers)


def test_a_client_that_pins_no_method_shows_its_secret_either_way(browser, dcc, answer):
    """RFC 6749 2.3.1; openid-client v6 posts it unless told otherwise."""
    posted = {"authorization": "", "client_id": dcc.client_id, "client_secret": dcc.secret}
    assert dcc.redeems(answer, **posted).status_code == 200
    again = dcc.answer(browser.visits(dcc.asks()))
    assert dcc.redeems(again).status_code == 200


def test_a_method_that_is_pinned_is_the_only_one(idp, dcc, answer):
    """Core 1.0 9: a client registered for Basic does not suddenly post its secret."""
    idp.amends(dcc, client_authentication=ClientAuthentication.BASIC)
    response = dcc.redeems(answer, authorization="", client_id=dcc.client_id, client_secret=dcc.secret)
    assert response.status_code == 401
    assert response.get_json()["error_description"] == "this client is registered to use client_secret_basic"
    assert dcc.redeems(answer).status_code == 200


def test_a_client_with_a_secret_shows_it(dcc, answer):
    response = dcc.redeems(answer, authorization="", client_id=dcc.client_id)
    assert response.status_code == 401, "a confidential client is never taken for a public one"


def test_a_client_registered_to_post_its_secret_posts_it(idp, browser, jeanne):
    terms = {"client_authentication": ClientAuthentication.POST}
    posting = idp.registers(a_registration(name="carnet", client_id="carnet", **terms))
    answer = posting.answer(browser.logs_in(jeanne, to=posting))
    assert posting.redeems(answer).status_code == 401
    given = {"client_id": "carnet", "client_secret": posting.secret}
    assert posting.redeems(answer, authorization="", **given).status_code == 200


def test_two_methods_at_once_are_refused(dcc, answer):
    """RFC 6749 2.3: the client MUST NOT use more than one authentication method in each request."""
    response = dcc.redeems(answer, client_id=dcc.client_id, client_secret=dcc.secret)
    assert (response.status_code, response.get_json()["error"]) == (400, "invalid_request")
    assert dcc.redeems(answer).status_code == 200


def test_a_client_id_beside_the_header_must_be_the_same(dcc, answer):
    assert dcc.redeems(answer, client_id="perinat").status_code == 401
    assert dcc.redeems(answer, client_id="dcc").status_code == 200


@pytest.mark.parametrize(
    "posted",
    [
        {"client_id": "dcc", "client_secret": "wrong"},
        {"client_id": "dcc", "client_secret": "s" * 2_000},
        {"client_id": "dcc"},
        {"client_id": "nobody", "client_secret": "wrong"},
    ],
    ids=lambda posted: " ".join(f"{name}={value[:6]}" for name, value in posted.items()),
)
def test_credentials_that_came_in_the_body_are_not_answered_by_a_challenge(dcc, answer, posted):
    """RFC 6749 5.2: a challenge answers the Authorization header; where there is one, software reads no further."""
    response = dcc.redeems(answer, authorization="", **posted)
    assert (response.status_code, response.get_json()["error"]) == (401, "invalid_client")
    assert response.get_json()["error_description"]
    assert "WWW-Authenticate" not in response.headers


def test_no_credential_at_all(dcc, answer):
    """RFC 9110 15.5.2: then the challenge says what is wanted."""
    response = dcc.redeems(answer, authorization="")
    assert (response.status_code, response.headers["WWW-Authenticate"][:6]) == (401, "Basic ")


def test_a_suspended_application_is_refused(idp, dcc, answer):
    idp.suspends(dcc)
    assert dcc.redeems(answer).status_code == 401


def test_the_previous_secret_is_good_for_a_day_after_a_rotation(idp, browser, jeanne, dcc, clock):
    browser.logs_in(jeanne, to=dcc)
    idp.services.registry.rotate_secret("dcc", actor=OPERATOR)
    assert dcc.signs_in(browser.visits(dcc.asks())).subject
    clock.shift(25 * 3600)
    answer = dcc.answer(browser.logs_in(jeanne, to=dcc))
    assert dcc.redeems(answer).status_code == 401


@pytest.mark.parametrize(
    ("secret", "sent"),
    [
        ("a%b", "a%25b"),
        ("a:b", "a%3Ab"),
        ("a:b", "a:b"),
        ("a+b c", "a%2Bb+c"),
        ("é", "%C3%A9"),
        ("é", "é"),
    ],
)
def test_a_secret_is_form_encoded_before_it_is_put_in_the_header(secret, sent):
    """RFC 6749 2.3.1, appendix B: the client's colon and percent sign do not divide, and are not taken away."""
    registry = OneApplication(an_application(secret=secret))
    assert authenticate(a_request(authorization=basic(f"dcc:{sent}")), registry=registry)
    with pytest.raises(TokenError):
        authenticate(a_request(authorization=basic(f"dcc:{sent}x")), registry=registry)


def test_the_token_request_is_a_form(dcc):
    """RFC 6749 3.2."""
    for content_type in ("application/json", "multipart/form-data; boundary=x", "text/plain", "", "application/xml"):
        headers = {"Authorization": dcc.basic(), "Content-Type": content_type}
        response = dcc.calls.post("/oidc/token", data=b"grant_type=authorization_code", headers=headers)
        assert (response.status_code, response.get_json()["error"]) == (400, "invalid_request")


BROKEN = [
    b"",
    b"\xff=\xff",
    b"a=%ff",
    b"code=1&code=2",
    b"&".join(b"a%d=1" % number for number in range(100)),
    b"x" * 20_000,
    b"x" * 200_000,
]


def test_a_body_that_is_no_token_request_is_said_to_be_none(dcc):
    headers = {"Authorization": dcc.basic(), "Content-Type": "application/x-www-form-urlencoded"}
    for body in BROKEN:
        response = dcc.calls.post("/oidc/token", data=body, headers=headers)
        assert response.status_code in (400, 413)
        assert response.get_json()["error"] == "invalid_request"


def test_the_token_endpoint_answers_posts_only(dcc):
    """RFC 6749 3.2: the client MUST use POST; a code or a secret in an address would be in every log."""
    for method in ("GET", "PUT", "DELETE"):
        response = dcc.calls.open("/oidc/token", method=method)
        assert response.status_code == 405
        assert response.is_json
