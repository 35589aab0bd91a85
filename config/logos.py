"""Checks logos, of an application or of the region: a small SVG or PNG image that cannot act.

Applications provide logos, and the page where people type their password shows them, from our own origin. An SVG may
contain listed drawing elements and attributes only, so that unknown ways to act are refused too. `use`, `pattern` and
`mask` are not listed: nested, they make a few kilobytes take minutes to draw.
"""

import hashlib
import os
import re
import zlib
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from xml.etree.ElementTree import Element, ParseError  # types only: what parses is defusedxml

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

LARGEST_LOGO = 20_480
WIDEST_PNG = 1024
LOGO_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
"""The Content-Security-Policy that a logo is served with."""


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_SVG = "{http://www.w3.org/2000/svg}"
_XLINK_HREF = "{http://www.w3.org/1999/xlink}href"
_XML_SPACE = "{http://www.w3.org/XML/1998/namespace}space"
_XML_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"

_ELEMENTS = _names(
    "svg g defs title desc path rect circle ellipse line polyline polygon text tspan "
    "linearGradient radialGradient stop clipPath"
)
_ATTRIBUTES = _names(
    "id x y x1 y1 x2 y2 cx cy r rx ry fx fy dx dy d points width height viewBox preserveAspectRatio version role "
    "transform gradientTransform gradientUnits spreadMethod clipPathUnits offset stop-color stop-opacity "
    "fill fill-opacity fill-rule stroke "
    "stroke-width stroke-opacity stroke-linecap stroke-linejoin stroke-miterlimit stroke-dasharray stroke-dashoffset "
    "opacity color clip-path clip-rule display visibility vector-effect shape-rendering text-rendering "
    "paint-order pathLength font-family font-size font-weight font-style text-anchor dominant-baseline letter-spacing "
    "aria-label aria-labelledby aria-hidden focusable"
) | {_XML_SPACE, _XML_LANGUAGE}
_OWN_REFERENCE = re.compile(r"#[A-Za-z_][\w.-]*")
_FUNCTIONS = re.compile(
    r"""\s*+(?:url\(\s*+["']?#[A-Za-z_][\w.-]*+["']?\s*+\)"""
    r"""|(?:(?:rgba?|hsla?|matrix|translate|scale|rotate|skewX|skewY)\([\d\s.,%+eE-]*+\)[\s,]*+)++)\s*+"""
)
_DECLARATION = re.compile(r"\A<\?xml\s[^?]*\?>")
_ENCODING = re.compile(r"""encoding\s*=\s*["']([^"']*)""")


class LogoType(StrEnum):
    """The media types of logos."""

    SVG = "image/svg+xml"
    PNG = "image/png"


@dataclass(frozen=True, slots=True, kw_only=True)
class Logo:
    """An image that `logo_fault` has accepted. `digest` identifies its content, for caches."""

    media_type: LogoType
    content: bytes = field(repr=False)

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.content).hexdigest()[:16]


def logo_in(file: Path) -> Logo:
    """The logo in `file`.

    Raises:
        ValueError: it is refused; the message says what to change.
    """
    media_type = {".svg": LogoType.SVG, ".png": LogoType.PNG}.get(file.suffix.lower())
    if media_type is None:
        raise ValueError(f"{file}: must be an .svg or a .png file")
    try:
        with file.open("rb") as opened:
            content = opened.read(LARGEST_LOGO + 1)
    except OSError as wrong:
        raise ValueError(f"{file}: {os.strerror(wrong.errno or 0)}") from None
    if fault := logo_fault(media_type, content):
        raise ValueError(f"{file}: {fault}")
    return Logo(media_type=media_type, content=content)


def logo_fault(media_type: LogoType, content: bytes) -> str | None:
    """What to change in the image before it can be shown, or None when it is good."""
    if len(content) > LARGEST_LOGO:
        return f"must be at most {LARGEST_LOGO // 1024} KB"
    return _svg_fault(content) if media_type is LogoType.SVG else _png_fault(content)


def _svg_fault(content: bytes) -> str | None:
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return "must be encoded in UTF-8"
    declaration = _DECLARATION.match(text)
    if declaration:
        encoding = _ENCODING.search(declaration[0])
        if encoding and encoding[1].lower() != "utf-8":
            return "must be encoded in UTF-8, and declare it"
        text = text[declaration.end() :]
    if "<?" in text:
        return "take out the processing instructions (<?...?>): one could load a style sheet"
    try:
        root = fromstring(text, forbid_dtd=True)
    except DefusedXmlException:
        return "take out the DOCTYPE and the entities"
    except (ParseError, ValueError):
        return "is not well-formed SVG"
    if root.tag != f"{_SVG}svg":
        return 'must be an svg element, xmlns="http://www.w3.org/2000/svg"'
    if any("clip-path" in inner.attrib for clip in root.iter(f"{_SVG}clipPath") for inner in clip.iter()):
        return "a clipPath may not be clipped itself"
    return next((fault for element in root.iter() if (fault := _element_fault(element))), None)


def _element_fault(element: Element) -> str | None:
    name = element.tag.removeprefix(_SVG)
    if name not in _ELEMENTS:
        return f"take out the element {_escaped(name)}: a logo may only draw"
    for attribute, value in element.attrib.items():
        if attribute in ("href", _XLINK_HREF):
            if not _OWN_REFERENCE.fullmatch(value):
                return "a reference must name an id in the same image, such as #shape"
        elif attribute not in _ATTRIBUTES:
            name = _escaped(attribute)
            return f"take out the attribute {name}: a logo may only draw (write styles as fill, stroke...)"
        elif "(" in value and attribute != "aria-label" and not _FUNCTIONS.fullmatch(value):
            return f"{_escaped(attribute)} must name an id in the same image, such as url(#shade)"
        elif "\\" in value:
            return f"take the backslash out of {_escaped(attribute)}"
    return None


def _escaped(name: str) -> str:
    """A name from a stranger's file, short and in ASCII."""
    return ascii(name.rpartition("}")[2][:40]).strip("'\"")


def _png_fault(content: bytes) -> str | None:
    """PNG (third edition) section 5: a signature, then chunks with checksums, IHDR first and IEND last."""
    if not content.startswith(_PNG_SIGNATURE):
        return "is not a PNG image"
    position, kinds = len(_PNG_SIGNATURE), []
    while position < len(content):
        length = int.from_bytes(content[position : position + 4])
        kind = content[position + 4 : position + 8]
        end = position + 12 + length
        checked = content[position + 4 : end - 4]
        if end > len(content) or zlib.crc32(checked) != int.from_bytes(content[end - 4 : end]):
            return "is a damaged PNG image"
        kinds.append(kind)
        position = end
    if kinds[:1] != [b"IHDR"] or kinds[-1:] != [b"IEND"] or kinds.count(b"IEND") != 1 or b"IDAT" not in kinds:
        return "is a damaged PNG image"
    width, height = int.from_bytes(content[16:20]), int.from_bytes(content[20:24])
    if not (0 < width <= WIDEST_PNG and 0 < height <= WIDEST_PNG):
        return f"must be at most {WIDEST_PNG} pixels wide and high"
    return None
