"""Reads text files in UTF-8 from any editor, and files that must be private.

Windows Notepad writes a byte order mark and ends lines with CR LF: both are accepted. UTF-16, which it once called
"Unicode", is refused with an explanation.
"""

import os
import stat
from pathlib import Path
from typing import Final

LARGEST: Final = 1_048_576  # octets

_UTF8_MARK: Final = b"\xef\xbb\xbf"
_UTF16_MARKS: Final = (b"\xff\xfe", b"\xfe\xff")


class NotText(ValueError):
    """The octets are not text in UTF-8; the message says what to do."""


class FileRefused(Exception):
    """The file cannot be used; the message says why, and which command corrects it."""


def text_of(octets: bytes) -> str:
    """The text in `octets`, without a byte order mark, with LF as line end.

    Raises:
        NotText: they are UTF-16, or not UTF-8.
    """
    if octets.startswith(_UTF16_MARKS) or b"\0" in octets[:64]:
        raise NotText("is written in UTF-16: save it as UTF-8")
    try:
        text = octets.removeprefix(_UTF8_MARK).decode("utf-8")
    except UnicodeDecodeError as wrong:
        line = octets[: wrong.start].count(b"\n") + 1
        raise NotText(f"is not text in UTF-8 (line {line}): save it as UTF-8") from None
    return text.replace("\r\n", "\n")


def read_text(path: Path, *, at_most: int = LARGEST) -> str:
    """The text of a file.

    Raises:
        FileRefused: it cannot be read, or is too large.
        NotText: it is not text in UTF-8.
    """
    return text_of(_read(path, at_most, is_private=False))


def read_private_text(path: Path, *, at_most: int = LARGEST) -> str:
    """The text of a file that holds a secret.

    Raises:
        FileRefused: it cannot be read, is too large, or other users can read it.
        NotText: it is not text in UTF-8.
    """
    return text_of(_read(path, at_most, is_private=True))


def why_not_private(path: Path, status: os.stat_result) -> str | None:
    """Why a file with a secret is not private, and the command that corrects it; None when it is private.

    Only its owner can read it (0600), or root owns it and its group can read it (0640, `root:poterne`): a
    service need not be able to change its secrets.
    """
    mode = stat.S_IMODE(status.st_mode)
    by_group = stat.S_IRGRP if status.st_uid == 0 else 0
    if not mode & 0o077 & ~by_group:
        return None
    return f"may be read or written by others (mode {mode:04o}): chmod {'640' if by_group & mode else '600'} {path}"


def why_open(path: Path, status: os.stat_result) -> str | None:
    """Why a file of settings is open to other users, and the command that corrects it: only its group may read it."""
    mode = stat.S_IMODE(status.st_mode)
    return f"may be read or written by others (mode {mode:04o}): chmod 640 {path}" if mode & 0o027 else None


def _read(path: Path, at_most: int, *, is_private: bool) -> bytes:
    try:
        with path.open("rb") as opened:
            why = why_not_private(path, os.fstat(opened.fileno())) if is_private else None
            octets = b"" if why else opened.read(at_most + 1)
    except OSError as wrong:
        raise FileRefused(f"cannot be read: {os.strerror(wrong.errno or 0)}") from None
    if why:
        raise FileRefused(why)
    if len(octets) > at_most:
        raise FileRefused(f"is larger than {at_most} octets")
    return octets
