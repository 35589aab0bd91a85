"""What we write is for our own user alone: files 0600 and folders 0700, whatever the umask we were started with."""

import os
from pathlib import Path


def keep_files_private() -> None:
    """Have every file and folder that this process or a child of it makes from now on be its user's alone."""
    os.umask(0o077)


def make_private_file(file: Path) -> None:
    """Have `file` be there, empty if it was not, and be its owner's alone.

    Raises:
        OSError: it cannot be made, or is somebody else's and open to others.
    """
    descriptor = os.open(file, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        if os.fstat(descriptor).st_mode & 0o077:
            os.fchmod(descriptor, 0o600)
    finally:
        os.close(descriptor)
