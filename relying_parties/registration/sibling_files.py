"""Files that a declared registration names: read from beside it and from nowhere else."""

import os
import re
import stat
from pathlib import Path

from relying_parties.field_reader import Document


def read_beside(
    document: Document, field: str, name: str, folder: Path | None, *, types: tuple[str, ...], at_most: int
) -> bytes | None:
    """As much of the file as it may hold, and one byte to tell; None when it cannot be, which is then said.

    A name without a folder, no link to follow, no pipe to wait for.
    """
    if not names_a_file(name, types):
        of_types = " or ".join(f".{each}" for each in types)
        example = f'"{document.values.get("name") or "dcc"}.{types[0]}"'[:50]
        document.refuse(field, name, f"must be the name of a {of_types} file beside this one, such as {example}")
    elif folder is None:
        document.refuse(field, name, "take it out: there is no folder to read it from")
    else:
        try:
            content = _content(folder / name, at_most)
        except OSError as wrong:
            document.refuse(field, name, f"cannot be read: {os.strerror(wrong.errno or 0)}")
            return None
        if content is None:
            document.refuse(field, name, "must be a plain file")
        return content
    return None


def names_a_file(name: str, types: tuple[str, ...]) -> bool:
    return re.fullmatch(rf"[A-Za-z0-9][A-Za-z0-9._-]{{0,95}}\.({'|'.join(types)})", name) is not None


def _content(path: Path, at_most: int) -> bytes | None:
    """None for a folder, a pipe, a device."""
    opened = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        if not stat.S_ISREG(os.fstat(opened).st_mode):
            return None
        with open(opened, "rb", closefd=False) as file:
            return file.read(at_most + 1)
    finally:
        os.close(opened)
