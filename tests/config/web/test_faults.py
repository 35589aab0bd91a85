"""Whatever goes wrong ends in a page for people or JSON for machines, with a reference and nothing internal."""

import re

import pytest

REFERENCE = re.compile(r"[0-9A-HJKMNP-TV-Z]{5}-[0-9A-HJKMNP-TV-Z]{5}")


@pytest.fixture
def visitor(example_app):
    example_app.config["PROPAGATE_EXCEPTIONS"] = False
    return example_app.test_client()


@pytest.mark.parametrize(
    ("address", "status", "code"),
    [
        ("/nowhere", 404, "page.unknown"),
        ("/waits", 429, "requests.too-many"),
        ("/broken", 500, "server.fault"),
        ("/away", 503, "server.unavailable"),
    ],
)
def test_a_person_gets_a_page(visitor, address, status, code):
    response = visitor.get(address)

    assert response.status_code == status
    assert "<title>Erreur" in response.text
    assert f"{code} ({status})" in response.text
    assert response.headers["X-Request-Id"] in response.text
    assert REFERENCE.fullmatch(response.headers["X-Request-Id"])
    assert not re.search(r"SELECT|10\.0\.0\.7|Traceback|RuntimeError|StoreAway|\.py", response.text)


@pytest.mark.parametrize(
    ("address", "status", "error"),
    [
        ("/token/nowhere", 404, "invalid_request"),
        ("/token", 405, "invalid_request"),
        ("/token/away", 503, "temporarily_unavailable"),
        ("/health/broken", 500, "server_error"),
    ],
)
def test_a_machine_gets_json(visitor, address, status, error):
    response = visitor.get(address)

    assert response.status_code == status
    assert response.json["error"] == error
    assert response.json["reference"] == response.headers["X-Request-Id"]
    assert not re.search(r"SELECT|10\.0\.0\.7|RuntimeError", response.text)


def test_what_the_protocol_asks_for_is_kept(visitor):
    assert "POST" in visitor.get("/token").headers["Allow"]
    assert visitor.get("/waits").headers["Retry-After"] == "30"
    assert "30\N{NO-BREAK SPACE}secondes" in visitor.get("/waits").text
    assert visitor.get("/away").headers["Retry-After"] == "30"


def test_each_request_has_a_number_of_ours_whatever_it_claims(visitor):
    first = visitor.get("/form", headers={"X-Request-Id": "chosen"}).headers.getlist("X-Request-Id")
    second = visitor.get("/form").headers.getlist("X-Request-Id")
    assert len(first) == len(second) == 1
    assert "chosen" not in first
    assert first != second


def test_a_fault_page_names_no_browser(visitor):
    assert "Set-Cookie" not in visitor.get("/nowhere").headers
