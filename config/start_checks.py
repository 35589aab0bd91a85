"""What this machine makes of the settings, tried before anything starts: all problems at once, each with its setting.

Whether a value can be right at all is looked at when settings are read
(`settings_checks.py`). Here files are opened, folders written to, names looked up.
"""

import os
import socket
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from config.common_settings import CommonSettings
from config.encryption import EncryptionError, KeyEncryption
from config.settings_reader import SettingsError


def refuse_unusable(settings: CommonSettings) -> None:
    """Return if the service can be started with these settings.

    Raises:
        SettingsError: every reason why it cannot.
    """
    problems = [problem for check in _CHECKS for problem in check(settings)]
    if problems:
        raise SettingsError(problems)


def _data_folder(settings: CommonSettings) -> Iterator[str]:
    """It is made when it is missing, and a file can be written in it."""
    folder = settings.data_folder.absolute()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as wrong:
        yield f"data_folder: {folder} cannot be written in: {os.strerror(wrong.errno or 0)}"


def _key_encryption_key_file(settings: CommonSettings) -> Iterator[str]:
    if settings.is_development and not _is_writable(settings.data_folder.absolute()):
        return  # where it would be made, of which was told
    try:
        KeyEncryption.of(settings)
    except EncryptionError as wrong:
        yield f"key_encryption_key_file: {wrong}"


def _host(settings: CommonSettings) -> Iterator[str]:
    """It is an address of this machine: a socket can be bound to it, on any port."""
    try:
        found = socket.getaddrinfo(settings.host, 0, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError as unknown:
        yield f"host: {settings.host} is not known here: {unknown.strerror}"
        return
    family, kind, protocol, _, address = found[0]
    with socket.socket(family, kind, protocol) as trying:
        try:
            trying.bind(address)
        except OSError as wrong:
            yield f"host: {settings.host} cannot be listened on: {os.strerror(wrong.errno or 0)}"


def _is_writable(folder: Path) -> bool:
    return os.access(folder, os.W_OK | os.X_OK)


_CHECKS: tuple[Callable[[CommonSettings], Iterator[str]], ...] = (_data_folder, _key_encryption_key_file, _host)
