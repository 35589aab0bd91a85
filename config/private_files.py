"""Keeps our files private: 0600 for files and 0700 for folders, with any umask."""

import os
from pathlib import Path


def keep_files_private() -> None:
    """Set the umask of this process and its children: only our user can read the files that they make."""
    os.umask(0o077)


def make_private_file(file: Path) -> None:
    """Make an empty `file` if it is missing, and remove the access of other users.

    Raises:
        OSError: it cannot be made, or another user owns it and it is not private.
    """
    descriptor = os.open(file, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        if os.fstat(descriptor).st_mode & 0o077:
            os.fchmod(descriptor, 0o600)
    finally:
        os.close(descriptor)
