"""A form is accepted from our own page, in the browser that was given it, and from nowhere else."""

import re

import pytest

COOKIE = "__Host-example-browser"


def token_on_the_page(visitor) -> str:
    return re.search(
        r'name="form_token" value="([0-9a-f]+)"', visitor.get("/form", base_url="https://id.example").text
    )[1]


def post(visitor, token, **headers):
    data = {"form_token": token} if token is not None else {}
    return visitor.post("/form", data=data, headers=headers, base_url="https://id.example")


def test_a_form_of_ours_is_accepted(visitor):
    token = token_on_the_page(visitor)
    assert post(visitor, token, **{"Sec-Fetch-Site": "same-origin", "Origin": "https://id.example"}).text == "accepted"
    assert post(visitor, token, **{"Sec-Fetch-Site": "same-origin", "Origin": "null"}).text == "accepted"
    assert post(visitor, token).text == "accepted"  # a browser that says nothing of origins


def test_the_browser_gets_its_identifier_once_in_a_host_cookie(visitor):
    first = visitor.get("/form", base_url="https://id.example")
    again = visitor.get("/form", base_url="https://id.example")

    cookie = first.headers["Set-Cookie"]
    assert cookie.startswith(f"{COOKIE}=")
    assert all(part in cookie for part in ("; Secure", "; HttpOnly", "; Path=/", "; SameSite=Lax"))
    assert "Domain" not in cookie
    assert "Set-Cookie" not in again.headers


def test_a_token_differs_on_each_page_and_all_are_good(visitor):
    first, second = token_on_the_page(visitor), token_on_the_page(visitor)
    assert first != second
    assert post(visitor, first).status_code == post(visitor, second).status_code == 200


@pytest.mark.parametrize(
    "forged", [None, "", "00" * 44, "é", "x" * 10_000], ids=["none", "empty", "zeros", "text", "long"]
)
def test_a_missing_or_forged_token_is_refused(visitor, forged):
    token_on_the_page(visitor)
    response = post(visitor, forged)
    assert response.status_code == 403
    assert "form.forged" in response.text


def test_another_browser_s_token_is_refused(example_app, visitor):
    token_on_the_page(visitor)
    other = token_on_the_page(example_app.test_client())
    assert post(visitor, other).status_code == 403


def test_without_the_cookie_nothing_is_accepted(example_app, visitor):
    assert post(example_app.test_client(), token_on_the_page(visitor)).status_code == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"},
        {"Sec-Fetch-Site": "same-site", "Origin": "https://other.id.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "http://id.example"},
        {"Origin": "https://id.example.evil.example"},
    ],
    ids=str,
)
def test_another_origin_is_refused_even_with_the_token(visitor, headers):
    assert post(visitor, token_on_the_page(visitor), **headers).status_code == 403


def test_a_refused_form_leads_back_to_its_page_only(visitor):
    back = visitor.post("/form", data={"here": "/form?pending=abc"})
    elsewhere = visitor.post("/form", data={"here": "//evil.example/form"})

    assert 'href="/form?pending=abc"' in back.text
    assert "evil.example" not in elsewhere.text


def test_a_protocol_endpoint_accepts_cross_site_posts(visitor):
    assert visitor.post("/token", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 200


def test_a_post_to_an_unknown_address_is_a_404_and_not_a_csrf_error(visitor):
    assert visitor.post("/nowhere").status_code == 404
    assert visitor.post("/waits").status_code == 405
