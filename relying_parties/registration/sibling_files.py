"""Reads the files that a registration file names: from the same folder only."""

import os
import re
import stat
from pathlib import Path

from relying_parties.field_reader import Document


def read_sibling(
    document: Document, field: str, name: str, folder: Path | None, *, types: tuple[str, ...], at_most: int
) -> bytes | None:
    """The first `at_most` + 1 octets of the file, so that the caller sees one that is too long; None when refused.

    The name may not contain a folder. Symbolic links are not followed, and pipes and devices are refused.
    """
    if not is_file_name(name, types):
        of_types = " or ".join(f".{each}" for each in types)
        example = f'"{document.values.get("name") or "dcc"}.{types[0]}"'[:50]
        document.refuse(field, name, f"must be the name of a {of_types} file in the same folder, such as {example}")
    elif folder is None:
        document.refuse(field, name, "take it out: this input has no folder to read the file from")
    else:
        try:
            content = _content(folder / name, at_most)
        except OSError as wrong:
            document.refuse(field, name, f"cannot be read: {os.strerror(wrong.errno or 0)}")
            return None
        if content is None:
            document.refuse(field, name, "must be a regular file")
        return content
    return None


def is_file_name(name: str, types: tuple[str, ...]) -> bool:
    return re.fullmatch(rf"[A-Za-z0-9][A-Za-z0-9._-]{{0,95}}\.({'|'.join(types)})", name) is not None


def _content(path: Path, at_most: int) -> bytes | None:
    """The content, at most one octet too long; None for a folder, a pipe or a device."""
    opened = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        if not stat.S_ISREG(os.fstat(opened).st_mode):
            return None
        with open(opened, "rb", closefd=False) as file:
            return file.read(at_most + 1)
    finally:
        os.close(opened)
