"""Origins as browsers serialize them, and the confirmations of the person in a file of their own."""

import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from card_bridge.workstation.origins import Grants, OriginInvalid, parse_origin


@pytest.mark.parametrize("origin", ["https://id.example", "https://id.example:8443", "https://a-b.c.example"])
def test_an_origin_is_https(origin):
    assert parse_origin(origin, development=False) == origin


@pytest.mark.parametrize("origin", ["http://localhost:8400", "http://127.0.0.1:8400", "http://localhost"])
def test_http_is_for_this_computer_in_development(origin):
    assert parse_origin(origin, development=True) == origin
    with pytest.raises(OriginInvalid, match="must be https"):
        parse_origin(origin, development=False)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "*",
        "id.example",
        "https://",
        "https://id.example/",
        "https://id.example/path",
        "https://id.example:443",
        "https://ID.example",
        "https://id.example?x",
        "https://id.example#x",
        "https://user@id.example",
        "https://user:pw@id.example",
        "https://*.example",
        "https://id.example:0x50",
        "https://id.example:99999",
        "https://id.example\n",
        " https://id.example",
        "https://é.example",
        "https://[::1]",
        "http://id.example",
        "http://localhost.evil.example",
        "file:///etc",
        "javascript:alert(1)",
    ],
)
def test_anything_else_is_refused(text):
    with pytest.raises(OriginInvalid):
        parse_origin(text, development=True)


@given(st.text(max_size=60) | st.text(max_size=40).map(lambda text: f"https://{text}"))
def test_what_is_accepted_has_a_scheme_a_host_and_nothing_else(text):
    try:
        origin = parse_origin(text, development=False)
    except OriginInvalid:
        return
    assert origin == text
    assert origin.startswith("https://")
    assert not set(origin[8:]) & set("/?#@ \\\t\r\n%")


@pytest.fixture
def grants(tmp_path: Path) -> Grants:
    return Grants(tmp_path / "state" / "grants.json")


def test_a_confirmation_is_kept_and_forgotten(grants):
    grants.add("https://b.example")
    grants.add("https://a.example")
    assert grants.granted() == ["https://a.example", "https://b.example"]
    assert grants.remove("https://a.example") is True
    assert grants.remove("https://a.example") is False
    assert grants.includes("https://b.example")


def test_only_the_person_can_read_it(grants, tmp_path):
    grants.add("https://a.example")
    file = tmp_path / "state" / "grants.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize("text", ["", "{", "[]", '{"origins": 7}', '{"origins": [7]}', "\0" * 10])
def test_a_damaged_file_confirms_nothing(grants, tmp_path, text):
    grants.add("https://a.example")
    (tmp_path / "state" / "grants.json").write_text(text)
    assert grants.granted() == []
    grants.add("https://b.example")
    assert grants.granted() == ["https://b.example"]


def test_a_file_that_others_could_write_confirms_nothing(grants, tmp_path):
    grants.add("https://a.example")
    (tmp_path / "state" / "grants.json").chmod(0o666)
    assert grants.granted() == []


def test_a_folder_that_others_can_write_into_is_not_used(grants, tmp_path):
    (tmp_path / "state").mkdir()
    (tmp_path / "state").chmod(0o777)
    with pytest.raises(PermissionError):
        grants.add("https://a.example")
