"""The published extract as a file: a text, or the zip that the agency publishes, read a line at a time.

The format: `|` between columns, no quoting, a header, several lines a person, UTF-8 or Latin-1 (older files). A line
that has another number of columns than the header is left out and counted. A file is refused when more than one line in
a thousand is left out, or when its last line is: it is damaged, or is something else.
"""

import hashlib
import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Final
from zoneinfo import ZoneInfo

from enrollment.register.columns import LineReader, MissingColumns

PARIS: Final = ZoneInfo("Europe/Paris")
"""The time that the agency writes into the names of its files, wherever the region is."""
LONGEST_LINE: Final = 16_384  # octets; the longest seen is below 2,000
MOST_UNREADABLE: Final = 0.001
"""The share of lines that may be left out."""

_ACTIVITIES: Final = "personne_activite"
"""Part of the name of the one file of the published zip that is read."""

_BUFFER: Final = 1 << 18
_UTF8_MARK: Final = b"\xef\xbb\xbf"
_CONTROL: Final = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
_PUBLISHED: Final = re.compile(r"_([0-9]{12})\.", re.ASCII)


class ExtractRefused(Exception):
    """The file is not imported; the sentence says why, and what to do."""


@dataclass(slots=True)
class ExtractFile:
    """A file that is open, its header read."""

    name: str
    published_at: datetime
    sha256: str
    _stream: IO[bytes]
    _reader: LineReader
    _encoding: str | None
    lines: int = 0
    """How many were read, without the header."""
    unreadable_lines: int = 0

    def entries(self) -> Iterator[tuple[str, ...]]:
        """The values of `columns.KEPT` in each line; `lines` and `unreadable_lines` say how many there were so far.

        Raises:
            ExtractRefused: it is cut, or too much of it cannot be read.
        """
        entry: tuple[str, ...] | None = ()
        with _damage_told():
            for raw in _lines(self._stream, after=1):
                self.lines += 1
                text = self._text(raw)
                entry = None if text is None else self._reader.read(text)
                if entry is None:
                    self.unreadable_lines += 1
                else:
                    yield entry
        if entry is None:
            raise ExtractRefused(f"{self.name}: it ends in the middle of a line. Fetch the file again.")
        if self.unreadable_lines > self.lines * MOST_UNREADABLE:
            raise ExtractRefused(
                f"{self.name}: {self.unreadable_lines:,} of {self.lines:,} lines cannot be read (another number of"
                f" columns than the header's {self._reader.width}, or control characters). Fetch the file again."
            )

    def _text(self, raw: bytes) -> str | None:
        """The first line that is not ASCII decides on the encoding, for all; None of one that is not text in it."""
        if _CONTROL.search(raw):
            return None
        if self._encoding is None and not raw.isascii():
            self._encoding = _encoding_of(raw)
        try:
            return raw.decode(self._encoding or "ascii")
        except UnicodeDecodeError:
            return None


@contextmanager
def open_extract(path: Path) -> Iterator[ExtractFile]:
    """The extract that `path` is, or that the zip at `path` has.

    Raises:
        ExtractRefused: it is not the extract; the sentence names what is missing.
        OSError: it cannot be read.
    """
    with ExitStack() as closing:
        file = closing.enter_context(path.open("rb"))
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        with _damage_told():
            name, stream, written_at = closing.enter_context(_text_of(file, path))
            opened = _opened(name, stream, sha256=sha256, published_at=_published_at(name, path.name) or written_at)
        yield opened


def _opened(name: str, stream: IO[bytes], *, sha256: str, published_at: datetime) -> ExtractFile:
    raw = next(_lines(stream, after=0), b"").removeprefix(_UTF8_MARK)
    encoding = None if raw.isascii() else _encoding_of(raw)
    header = raw.decode(encoding or "ascii", "replace")
    if "|" not in header:
        raise ExtractRefused(
            f"{name}: the first line is no header with | between its columns: this is not the extract of activities"
            " (PS_LibreAcces_Personne_activite)."
        )
    try:
        reader = LineReader(header)
    except MissingColumns as missing:
        columns = ", ".join(f'"{label}"' for label in missing.labels)
        raise ExtractRefused(f"{name}: the header has no column {columns}. Nothing was imported.") from None
    return ExtractFile(name, published_at, sha256, stream, reader, encoding)


@contextmanager
def _text_of(file: IO[bytes], path: Path) -> Iterator[tuple[str, IO[bytes], datetime]]:
    """The name, the octets and the date of the text: of the file itself, or of the one text in a zip that is meant."""
    is_zip = zipfile.is_zipfile(file)
    file.seek(0)
    written_at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    if not is_zip:
        yield path.name, file, written_at
        return
    with zipfile.ZipFile(file) as archive:
        texts = [member for member in archive.infolist() if not member.is_dir()]
        meant = [member for member in texts if _ACTIVITIES in member.filename.casefold()] or texts
        if len(meant) != 1:
            raise ExtractRefused(
                f"{path.name}: it holds {len(meant)} files, none of which is named Personne_activite alone."
                " Unpack it and name the one to import."
            )
        with suppress(ValueError):  # some programs write no date, which is the month 0
            written_at = datetime(*meant[0].date_time, tzinfo=PARIS)
        with archive.open(meant[0]) as member:
            yield Path(meant[0].filename).name, io.BufferedReader(member, _BUFFER), written_at  # type: ignore[type-var]


def _lines(stream: IO[bytes], *, after: int) -> Iterator[bytes]:
    """Each line without its end. Memory is bounded whatever the file is."""
    number = after
    while raw := stream.readline(LONGEST_LINE + 1):
        number += 1
        if len(raw) > LONGEST_LINE:
            raise ExtractRefused(f"line {number:,} is longer than {LONGEST_LINE:,} octets: this is not the extract.")
        yield raw.rstrip(b"\r\n")


@contextmanager
def _damage_told() -> Iterator[None]:
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, EOFError) as damage:
        raise ExtractRefused(f"the zip is damaged or cut short ({damage}). Fetch it again.") from None
    except (NotImplementedError, RuntimeError) as unknown:  # what zipfile raises of a method or a password it has not
        raise ExtractRefused(f"the zip cannot be unpacked ({unknown}). Unpack it and name the text.") from None


def _encoding_of(raw: bytes) -> str:
    """UTF-8 when it is that; else what is called Latin-1, with the letters that Windows has besides."""
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def _published_at(*names: str) -> datetime | None:
    """The instant that the agency writes into the names of its files: `..._202611280842.txt`, Paris time."""
    for name in names:
        if found := _PUBLISHED.search(name):
            try:
                return datetime.strptime(found[1], "%Y%m%d%H%M").replace(tzinfo=PARIS)
            except ValueError:
                continue
    return None
