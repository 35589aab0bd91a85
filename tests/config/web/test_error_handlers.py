"""Whatever goes wrong ends in a page for people or JSON for machines, with a reference and nothing internal."""

import html
import re
from pathlib import Path

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
def test_people_get_a_page(visitor, address, status, code):
    response = visitor.get(address)

    assert response.status_code == status
    assert "<title>Erreur" in response.text
    assert f"{code} ({status})" in response.text
    assert response.headers["X-Request-Id"] in response.text
    assert REFERENCE.fullmatch(response.headers["X-Request-Id"])
    assert not re.search(r"SELECT|10\.0\.0\.7|Traceback|RuntimeError|StoreAway|\.py", response.text)


@pytest.mark.parametrize(
    ("address", "status", "error", "description"),
    [
        ("/token/nowhere", 404, "invalid_request", "there is nothing at this address"),
        ("/token", 405, "invalid_request", "this address does not accept this method: use POST"),
        ("/token/away", 503, "temporarily_unavailable", "a service that this server needs does not answer"),
        ("/health/broken", 500, "server_error", "a fault of this server: its log explains the reference"),
    ],
)
def test_programs_get_json(visitor, address, status, error, description):
    response = visitor.get(address)

    assert response.status_code == status
    assert response.json["error"] == error
    assert response.json["error_description"].startswith(description)
    assert response.json["reference"] == response.headers["X-Request-Id"]
    assert not re.search(r"SELECT|10\.0\.0\.7|RuntimeError", response.text)


def test_headers_of_an_error_are_kept(visitor):
    assert "POST" in visitor.get("/token").headers["Allow"]
    assert visitor.get("/waits").headers["Retry-After"] == "30"
    assert "30\N{NO-BREAK SPACE}secondes" in visitor.get("/waits").text
    assert visitor.get("/away").headers["Retry-After"] == "30"


def test_each_request_gets_a_number_and_its_own_is_ignored(visitor):
    first = visitor.get("/form", headers={"X-Request-Id": "chosen"}).headers.getlist("X-Request-Id")
    second = visitor.get("/form").headers.getlist("X-Request-Id")
    assert len(first) == len(second) == 1
    assert "chosen" not in first
    assert first != second


FORM = "application/x-www-form-urlencoded"
PARAMETERS = [
    # method, address, type, body, status, what the page says of it
    ("GET", "/form/nowhere", "", b"", 404, "n’existe pas"),
    ("POST", "/waits", "application/xml", b"<a/>", 405, "POST, application/xml, 4"),
    ("POST", "/form", "application/json", b"{}", 415, "POST, application/json, 2"),
    ("POST", "/form", "text/plain", b"x" * 2_000_000, 415, "POST, text/plain, 2\N{NARROW NO-BREAK SPACE}000"),
    ("POST", "/form", FORM, b"a=" + b"x" * 2_000_000, 413, "Votre saisie est trop longue"),
    ("POST", "/protocol", "application/xml", b"x" * 70_000, 413, "Une application a envoyé ici un message plus long"),
    ("POST", "/protocol/bad", "application/xml", b"x", 400, "POST, application/xml, 1"),
]


@pytest.mark.parametrize(("method", "address", "media_type", "body", "status", "said"), PARAMETERS)
def test_the_page_describes_the_request_and_has_a_link(visitor, method, address, media_type, body, status, said):
    response = visitor.open(address, method=method, data=body, content_type=media_type or None)

    assert response.status_code == status
    text = html.unescape(response.text)
    assert said in text
    assert ("formulaire" in text) == (address == "/form")
    main = text[text.index("<main") : text.index("</main>")]
    assert re.search(r'<a class="(primary|secondary)" href="/(form)?"', main)


def test_the_media_type_of_a_request_is_escaped_and_shortened(visitor):
    response = visitor.post("/waits", data=b"x", content_type='a/<img src=x onerror="alert(1)">' + "y" * 500)

    assert response.status_code == 405
    assert "<img src=x" not in response.text
    assert "y" * 100 not in response.text


def test_an_outage_has_the_same_retry_after_everywhere(visitor):
    response = visitor.get("/away?from=here", headers={"Accept-Language": "fr"})
    waits = response.headers["Retry-After"]

    main = response.text[response.text.index("<main") : response.text.index("</main>")]
    assert re.findall(r"\d+\W+(?:secondes?|minutes?)", main) == [f"{waits}\N{NO-BREAK SPACE}secondes"]
    assert "une minute" not in main
    assert 'href="/away?from=here"' in main
    assert "http-equiv" not in response.text  # RGAA 13.1: the person decides when to try again


def test_the_page_of_nginx_has_the_same_retry_after(visitor):
    configured = (Path(__file__).parents[3] / "deploy/nginx.conf").read_text(encoding="utf-8")
    away = configured[configured.index("location @away") :]
    waits = visitor.get("/away").headers["Retry-After"]

    assert f"add_header Retry-After {waits} always;" in away
    assert re.findall(r"(\d+) second", away) == [waits, waits]
    assert "minute" not in away


def test_a_fault_page_names_no_browser(visitor):
    assert "Set-Cookie" not in visitor.get("/nowhere").headers
