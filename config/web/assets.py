"""The static files: stylesheets, scripts, images and the region's logo, in memory, with a digest in their address.

An address changes with the content, so browsers may cache the file for ever. During an upgrade, a page of one version
may request a file from a node of the other: that node serves its own version, which is not cached.
"""

import hashlib
import mimetypes
import re
from dataclasses import dataclass
from pathlib import Path

from flask import Response
from werkzeug.exceptions import NotFound

from config.logos import LOGO_POLICY, Logo

_FOLDER = Path(__file__).parent / "static"
_DIGEST_LENGTH = 12
_COMMENT_LINES = {
    ".js": re.compile(rb"^[ \t]*//[^\n]*\n", re.MULTILINE),
    ".css": re.compile(rb"^[ \t]*/\*[^*\n]*\*/[ \t]*\n", re.MULTILINE),
}


@dataclass(frozen=True, slots=True)
class Asset:
    """One file as it is served."""

    name: str
    content: bytes
    digest: str

    @property
    def address(self) -> str:
        return f"/static/{self.digest}/{self.name}"


class Assets:
    """The files of the web shell, and those of the service."""

    def __init__(self, *folders: Path, logo: Logo | None = None) -> None:
        """`folders` are those of the service's own files; a folder that does not exist is empty."""
        found = [file for folder in (_FOLDER, *folders) if folder.is_dir() for file in sorted(folder.iterdir())]
        files = {file.name: _as_served(file) for file in found}
        if logo is not None:
            files[f"logo.{logo.media_type.name.lower()}"] = logo.content
        self._assets = {name: _asset(name, content) for name, content in files.items()}

    def address(self, name: str) -> str:
        """The address of a file."""
        return self._assets[name].address

    def respond(self, digest: str, name: str) -> Response:
        asset = self._assets.get(name)
        if asset is None:
            raise NotFound
        kind, _ = mimetypes.guess_type(name)
        response = Response(asset.content, content_type=f"{kind}; charset=utf-8")
        if name.startswith("logo."):  # an SVG of an operator: without rights, even when it is opened as a page
            response.headers["Content-Security-Policy"] = LOGO_POLICY
        response.headers["Cache-Control"] = (
            "public, max-age=31536000, immutable" if digest == asset.digest else "no-cache"
        )
        return response


def _as_served(file: Path) -> bytes:
    """The file, without the comments that have a line to themselves: they are for those who read the source."""
    comment = _COMMENT_LINES.get(file.suffix)
    return file.read_bytes() if comment is None else comment.sub(b"", file.read_bytes())


def _asset(name: str, content: bytes) -> Asset:
    return Asset(name, content, hashlib.sha256(content).hexdigest()[:_DIGEST_LENGTH])
