"""Origins: how one is written, and which ones the person has granted.

An origin must be on the list of the settings before it may ask for anything. The first time that it asks for a
signature, the person confirms it in the bridge's own window; the grant is kept in a file that only they can read.
"""

import json
import os
import re
import secrets
from collections import deque
from contextlib import suppress
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from card_bridge.workstation.files import make_private_folder
from config.strict_parsing import InvalidJson, parse_json_object
from config.text_files import FileRefused, NotText, read_private_text

_HOST: Final = re.compile(r"(?=.{1,253}\Z)[a-z0-9_](?:[a-z0-9_-]{0,62})(?:\.[a-z0-9_](?:[a-z0-9_-]{0,62}))*\Z")
_LOOPBACK: Final = ("localhost", "127.0.0.1")
_DEFAULT_PORTS: Final = {"https": 443, "http": 80}
_MOST_GRANTS: Final = 200
_MOST_REFUSED: Final = 5


class OriginInvalid(ValueError):
    """A text is not an origin that the bridge may serve. The message says what to change."""


def parse_origin(text: str, *, development: bool) -> str:
    """`text`, if it is an origin as browsers serialize it (RFC 6454 section 6.1), and safe to serve.

    Args:
        development: whether `http` is accepted for localhost and 127.0.0.1.

    Raises:
        OriginInvalid: it has a path, a default port, a capital letter or a user name; or its scheme is not https.
    """
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise OriginInvalid("must be an origin, such as https://id.example") from None
    if parts.scheme == "http" and not (development and host in _LOOPBACK):
        raise OriginInvalid("must be https; development = true accepts http on localhost")
    if parts.scheme not in _DEFAULT_PORTS or not _HOST.match(host):
        raise OriginInvalid("must be an origin, such as https://id.example")
    explicit_port = "" if port in (None, _DEFAULT_PORTS[parts.scheme]) else f":{port}"
    if text != (serialized := f"{parts.scheme}://{host}{explicit_port}"):
        raise OriginInvalid(f"must be written as browsers do: {serialized}")
    return text


class RefusedOrigins:
    """The last sites that called without being on the list, for the self-test page. They are kept in memory only."""

    def __init__(self) -> None:
        self._origins: deque[str] = deque(maxlen=_MOST_REFUSED)

    def add(self, origin: str) -> None:
        """Keep the origin, if it is one that the list could have."""
        with suppress(OriginInvalid):
            if parse_origin(origin, development=True) not in self._origins:
                self._origins.append(origin)

    def list(self) -> list[str]:
        """The origins, in alphabetical order."""
        return sorted(self._origins.copy())


class Grants:
    """The origins that the person has confirmed, in one file with mode 0600.

    A file that is damaged, or that others could have written, counts as empty: the person confirms again.
    """

    def __init__(self, file: Path) -> None:
        self._file = file

    def granted(self) -> list[str]:
        """The confirmed origins, in alphabetical order."""
        try:
            origins = parse_json_object(read_private_text(self._file)).get("origins")
        except (FileRefused, NotText, InvalidJson):
            return []
        return sorted({each for each in origins if isinstance(each, str)}) if isinstance(origins, list) else []

    def includes(self, origin: str) -> bool:
        return origin in self.granted()

    def add(self, origin: str) -> None:
        """Keep the person's confirmation."""
        self._write([*self.granted(), origin][-_MOST_GRANTS:])

    def remove(self, origin: str) -> bool:
        """Forget a confirmation; the next signature asks for it again. False when there was none."""
        granted = self.granted()
        if origin not in granted:
            return False
        self._write([each for each in granted if each != origin])
        return True

    def _write(self, origins: list[str]) -> None:
        make_private_folder(self._file.parent)
        partial = self._file.with_name(f"{self._file.name}.{secrets.token_hex(8)}")
        opened = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(opened, "w", encoding="utf-8") as file:
            json.dump({"origins": sorted(set(origins))}, file)
        partial.replace(self._file)
