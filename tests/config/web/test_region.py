"""The region's own name and logo stand at the head of each page; a logo is held to what an application's is held to."""

import re
import struct
import zlib

import pytest

from config.settings_reader import SettingsError
from tests.config.web.conftest import shell_app, shell_settings

SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 120 40">'
    '<title>Santé Centre</title><rect width="120" height="40"/></svg>'
)


def png() -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0\0")) + chunk(b"IEND", b"")


def head_of(page: str) -> str:
    return page[page.index("<header>") : page.index("</header>")]


@pytest.fixture(params=["svg", "png"])
def logo(request, tmp_path):
    file = tmp_path / f"region.{request.param}"
    file.write_bytes(SVG.encode() if request.param == "svg" else png())
    return file


@pytest.mark.parametrize("address", ["/form", "/accessibility", "/nowhere"])
def test_the_logo_is_shown_beside_the_name_from_our_origin(logo, address):
    visitor = shell_app(shell_settings(region_logo_file=str(logo))).test_client()

    head = head_of(visitor.get(address).text)
    [shown] = re.findall(r'<img class="own" src="(/static/[^"]+)" alt="([^"]*)"', head)

    assert shown[1] == ""  # the name beside it says it
    assert "<span>Santé Centre</span>" in head
    served = visitor.get(shown[0])
    assert served.data == logo.read_bytes()
    assert served.content_type.partition(";")[0] == ("image/svg+xml" if logo.suffix == ".svg" else "image/png")
    assert "immutable" in served.headers["Cache-Control"]
    assert served.headers["Content-Security-Policy"] == "default-src 'none'; style-src 'unsafe-inline'; sandbox"


def test_a_logo_that_contains_the_name_is_shown_alone(logo):
    settings = shell_settings(region_logo_file=str(logo), region_logo_text="Santé Centre")
    head = head_of(shell_app(settings).test_client().get("/form").text)

    assert 'alt="Santé Centre"' in head
    assert "<span>" not in head


def test_without_a_logo_our_mark_is_shown(example_app):
    assert "mark.svg" in head_of(example_app.test_client().get("/form").text)


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("logo.svg", SVG.replace("<rect", "<script>alert(1)</script><rect"), "take out the element script"),
        ("logo.svg", SVG.replace("<rect", '<rect onload="alert(1)"'), "take out the attribute onload"),
        ("logo.svg", SVG.replace("<rect", '<image href="https://elsewhere.example/x.png"/><rect'), "element image"),
        ("logo.svg", SVG + " " * 30_000, "at most 20 KB"),
        ("logo.png", "not a picture", "is not a PNG image"),
        ("logo.gif", "GIF89a", "must be an .svg or a .png file"),
        ("missing/logo.svg", None, "No such file"),
    ],
)
def test_an_active_or_unreadable_logo_is_refused_at_start(tmp_path, name, content, why):
    file = tmp_path / name
    if content is not None:
        file.write_text(content, encoding="utf-8")

    with pytest.raises(SettingsError) as refused:
        shell_settings(region_logo_file=str(file))

    [problem] = refused.value.problems
    assert problem.startswith("region_logo_file: ")
    assert why in problem
