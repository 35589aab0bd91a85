"""The letters that did not leave."""

import email
import email.policy
from email.message import EmailMessage
from pathlib import Path

from config.mail import FOLDER


def letters_of(data_folder: Path) -> list[EmailMessage]:
    """Oldest first. A name that begins with a dot is a letter that is still being written."""
    files = sorted((data_folder / FOLDER).glob("[!.]*.eml"), key=lambda file: file.stat().st_mtime_ns)
    return [email.message_from_bytes(file.read_bytes(), policy=email.policy.default) for file in files]
