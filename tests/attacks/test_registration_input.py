"""A stranger's registration: hostile JSON, TOML and pictures, and enormous ones.

What must hold: it becomes a registration that keeps every rule, or a list of
problems that a terminal can show; never another exception, never a long wait.
"""

import json
import os
import struct
import time
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.logos import LARGEST_LOGO, LogoType, logo_fault
from relying_parties.field_reader import LARGEST_DOCUMENT
from relying_parties.registration.client_metadata import read_client_metadata
from relying_parties.registration.toml_registration import read_toml
from tests.attacks.registration_input import judged, refused_fields, values
from tests.builders.registry import AN_SVG, client_metadata, some_capabilities

members = st.sampled_from([
    "client_name", "client_name#fr", "client_name#en", "client_uri", "redirect_uris", "post_logout_redirect_uris",
    "token_endpoint_auth_method", "grant_types", "response_types", "subject_type", "sector_identifier_uri",
    "id_token_signed_response_alg", "poterne_name", "poterne_attributes", "poterne_lowest_assurance", "poterne_entry",
    "poterne_confirm_identity", "poterne_card_revocation_grace_hours", "poterne_card_removal", "poterne_sector",
    "poterne_require_pkce", "x\x1b[31m",
])  # fmt: skip


@given(st.dictionaries(members, values, max_size=6))
def test_any_value_of_any_member_is_judged(changes):
    judged(read_client_metadata, json.dumps(client_metadata() | changes))


@given(st.text(max_size=200) | st.binary(max_size=200))
def test_any_text_is_judged(received):
    judged(read_client_metadata, received)
    judged(read_toml, received)


@given(name=st.sampled_from(["name", "logo", "oidc", "display_name", "attributes", "entry"]), value=values)
def test_any_value_of_a_declared_field_is_judged(name, value):
    written = json.dumps(value, ensure_ascii=True)
    judged(read_toml, f"{name} = {written}")
    judged(read_toml, f"[oidc]\nredirect_uris = {written}\nsector = {written}")


@pytest.mark.parametrize(
    "received",
    [
        "[" * 10_000,
        '{"a":' * 3_000,
        '{"redirect_uris": ' + "[" * 5_000 + "]" * 5_000 + "}",
        '{"redirect_uris": ' + "9" * 10_000 + "}",
        '{"redirect_uris": 1e999999}',
        '{"redirect_uris": NaN}',
        '{"redirect_uris": ["https://a.example/"], "redirect_uris": ["https://evil.example/"]}',
        '{"client_name": "\\ud800"}',
        '{"client_name": "a\\u0000b"}',
        "null",
        "[]",
        '"https://dcc.example/callback"',
        "{}" + " " * LARGEST_DOCUMENT,
        b"\xff\xfe{\x00}\x00",
        b"\xef\xbb\xbf{}",
        "",
    ],
    ids=range(16),
)
def test_hostile_json_is_refused_at_once(received):
    began = time.process_time()

    assert refused_fields(read_client_metadata, received)
    assert time.process_time() - began < 1


@pytest.mark.parametrize(
    "received",
    [
        "a = " + "[" * 10_000,
        "a = " + "{a=" * 3_000,
        "a = " + "9" * 10_000,
        ".".join(["a"] * 2_000) + " = 1",
        "a = 1\na = 2",
        "a = 9999-99-99",
        'name = "\x00"',
        "oidc = 1\ndisplay_name = []",
        "[[oidc]]\nclient_id = 'x'",
        "x" * (LARGEST_DOCUMENT + 1),
        b"name = '\xff'",
    ],
    ids=range(11),
)
def test_hostile_toml_is_refused_at_once(received):
    began = time.process_time()

    assert refused_fields(read_toml, received)
    assert time.process_time() - began < 2


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("redirect_uris", "https://dcc.example/callback"),  # a text, where `in` would search inside it
        ("redirect_uris", {"https://dcc.example/callback": 1}),
        ("redirect_uris", [["https://dcc.example/callback"]]),
        ("redirect_uris", [f"https://dcc.example/{number}" for number in range(33)]),
        ("redirect_uris", ["https://dcc.example/callback", "javascript:alert(1)"]),
        ("redirect_uris", ["https://dcc.example/callback", "https://dcc.example/callback"]),
        ("redirect_uris", []),
        ("post_logout_redirect_uris", ["data:text/html,x"]),
        ("client_uri", "https://evil.example/"),
        ("client_uri", "javascript:alert(1)"),
        ("client_name", "DCC\u202egpj.exe"),
        ("client_name", "DCC\nSet-Cookie: a=b"),
        ("client_name", "D" * 121),
        ("client_name", "\u200b"),
        ("client_name", {"fr": "DCC"}),
        ("poterne_name", "../../etc/passwd"),
        ("poterne_name", "d" * 41),
        ("poterne_attributes", ["given_name", "password_hash"]),
        ("poterne_lowest_assurance", "none"),
        ("poterne_confirm_identity", "false"),
        ("poterne_require_pkce", 0),
    ],
)
def test_what_would_harm_people_is_refused_by_name(member, value):
    fields = refused_fields(read_client_metadata, json.dumps(client_metadata(**{member: value})))

    assert fields & {member, "client_name#fr"}, fields


def test_a_stranger_cannot_choose_its_client_id_or_secret():
    """RFC 7591 section 3.2.1: both are the server's to issue."""
    chosen = client_metadata(client_id="dcc", client_secret="known", poterne_client_id="dcc")

    registration = read_client_metadata(json.dumps(chosen), some_capabilities())

    assert registration.identifier is None
    assert "known" not in repr(registration)


def svg(inside, attributes=""):
    namespaces = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
    return f"<svg {namespaces} {attributes}>{inside}</svg>"


@pytest.mark.parametrize(
    "picture",
    [
        svg("<script>alert(1)</script>"),
        svg("<SCRIPT>alert(1)</SCRIPT>"),
        svg('<script href="https://evil.example/a.js"/>'),
        svg('<h:script xmlns:h="http://www.w3.org/1999/xhtml">alert(1)</h:script>'),
        svg("", 'onload="alert(1)"'),
        svg('<circle r="1" onclick="alert(1)"/>'),
        svg('<a href="javascript:alert(1)"><circle r="1"/></a>'),
        svg('<a xlink:href="https://evil.example/"><circle r="1"/></a>'),
        svg('<image href="https://evil.example/seen.png"/>'),
        svg('<image href="data:image/svg+xml;base64,AAAA"/>'),
        svg('<use href="https://evil.example/a.svg#a"/>'),
        svg('<use href="#a"/>'),
        svg("<foreignObject><body/></foreignObject>"),
        svg("<style>@import url(https://evil.example/a.css);</style>"),
        svg('<circle r="1" style="fill:url(https://evil.example/a.svg#a)"/>'),
        svg('<circle r="1" fill="url(https://evil.example/a.svg#a)"/>'),
        svg('<circle r="1" fill="url(//evil.example/a.svg#a)"/>'),
        svg('<circle r="1" fill="URL( https://evil.example )"/>'),
        svg('<circle r="1" fill="u\\72l(https://evil.example)"/>'),
        svg('<circle r="1" fill="image-set(&quot;https://evil.example&quot; 1x)"/>'),
        svg('<circle r="1" fill="url(#a) url(https://evil.example)"/>'),
        svg('<linearGradient href="https://evil.example/a.svg#a"/>'),
        svg('<linearGradient href="&#106;avascript:alert(1)"/>'),
        svg('<animate attributeName="href" to="javascript:alert(1)"/>'),
        svg('<set attributeName="onclick" to="alert(1)"/>'),
        svg('<circle r="1" xml:base="https://evil.example/"/>'),
        svg('<circle r="1" class="a"/>'),
        svg('<clipPath id="a"><g clip-path="url(#b)"/></clipPath>'),
        '<?xml-stylesheet href="https://evil.example/a.css"?>' + svg(""),
        '<?xml version="1.0"?><?xml-stylesheet href="https://evil.example/a.css"?>' + svg(""),
        '<!DOCTYPE svg [<!ENTITY a "b">]>' + svg("<title>&a;</title>"),
        '<!DOCTYPE svg [<!ENTITY a SYSTEM "file:///etc/passwd">]>' + svg("<title>&a;</title>"),
        '<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">' + svg(""),
        '<svg><circle r="1"/></svg>',
        "<html xmlns='http://www.w3.org/1999/xhtml'><body onload='alert(1)'/></html>",
        svg("<circle"),
        svg("<g>" * 1_000),
        svg("<title>" + "x" * LARGEST_LOGO + "</title>"),
        "",
        "<",
    ],
    ids=range(40),
)
def test_a_logo_that_could_act_or_fetch_is_refused(picture):
    fault = logo_fault(LogoType.SVG, picture.encode())

    assert fault
    assert fault.isprintable()


@pytest.mark.parametrize(
    "picture",
    [
        '<?xml version="1.0" encoding="utf-16"?>'.encode("utf-16") + svg("<script/>").encode("utf-16"),
        b'<?xml version="1.0" encoding="utf-7"?>' + svg("+ADw-script/+AD4-").encode(),
        svg("<script/>").encode("utf-16"),
        b"\xff",
    ],
    ids=range(4),
)
def test_a_logo_cannot_hide_behind_its_encoding(picture):
    assert "UTF-8" in logo_fault(LogoType.SVG, picture)


def test_a_deeply_nested_picture_is_judged():
    assert logo_fault(LogoType.SVG, svg("<g>" * 2_800 + "</g>" * 2_800).encode()) is None


@given(st.binary(max_size=300) | st.text(max_size=300).map(lambda text: svg(text).encode("utf-8", "surrogatepass")))
def test_any_picture_is_judged(content):
    for media_type in LogoType:
        fault = logo_fault(media_type, content)
        assert fault is None or fault.isprintable()


def test_a_picture_that_only_draws_is_accepted():
    drawn = svg(
        "<title>Périnat</title>"
        '<defs><linearGradient id="a"><stop offset="0" stop-color="rgb(1,2,3)"/></linearGradient></defs>'
        '<g transform="translate(1 2) rotate(-4.5)" fill="url(#a)"><path d="M0 0h8"/></g>'
    )

    assert logo_fault(LogoType.SVG, drawn.encode()) is None
    assert logo_fault(LogoType.SVG, AN_SVG) is None


def png(*, width=8, height=8, behind=b"", damage=False):
    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content) ^ damage)

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = zlib.compress(b"\x00" * 72)
    chunks = chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks + behind


def test_a_small_whole_png_is_accepted():
    assert logo_fault(LogoType.PNG, png()) is None


@pytest.mark.parametrize(
    "picture",
    [
        png(width=100_000, height=100_000),
        png(width=0),
        png(damage=True),
        png(behind=b"<script>alert(1)</script>"),
        png(behind=b"\xff\xff\xff\xffIDAT"),
        png()[:-4],
        b"\x89PNG\r\n\x1a\n",
        b"GIF89a",
        AN_SVG,
        png(behind=b"\x00" * LARGEST_LOGO),
    ],
    ids=range(10),
)
def test_a_png_that_is_huge_damaged_or_something_else_besides_is_refused(picture):
    assert logo_fault(LogoType.PNG, picture)


DECLARED = """
name = "dcc"
home_url = "https://dcc.example/"
lowest_assurance = "password"
[display_name]
fr = "DCC"
[oidc]
redirect_uris = ["https://dcc.example/callback"]
"""


@pytest.mark.parametrize(
    "name", ["../secret.svg", "/etc/passwd", "a/../dcc.svg", ".svg", "..", "dcc.svg\n", "dcc.svgz", "é.svg"]
)
def test_a_logo_is_read_from_beside_the_file_and_nowhere_else(name, tmp_path):
    assert refused_fields(read_toml, f"logo = {json.dumps(name)}\n{DECLARED}", folder=tmp_path) == {"logo"}


def test_a_logo_that_is_a_link_a_pipe_or_a_folder_is_not_read(tmp_path):
    (tmp_path / "real.svg").write_bytes(AN_SVG)
    (tmp_path / "link.svg").symlink_to(tmp_path / "real.svg")
    (tmp_path / "folder.svg").mkdir()
    os.mkfifo(tmp_path / "pipe.svg")

    for name in ("link", "folder", "pipe"):
        assert refused_fields(read_toml, f'logo = "{name}.svg"\n{DECLARED}', folder=tmp_path) == {"logo"}
