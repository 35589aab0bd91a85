"""Checks before the start that this machine can satisfy the settings: opens files, writes to folders, resolves names.

The values themselves are checked when the settings are read (`settings_checks.py`).
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
    """
    Raises:
        SettingsError: the service cannot start with these settings; with every problem.
    """
    problems = [problem for check in _CHECKS for problem in check(settings)]
    if problems:
        raise SettingsError(problems)


def _data_folder(settings: CommonSettings) -> Iterator[str]:
    """A missing data folder is made. A file must be writable in it."""
    folder = settings.data_folder.absolute()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as wrong:
        yield f"data_folder: {folder} cannot be written in: {os.strerror(wrong.errno or 0)}"


def _key_encryption_key_file(settings: CommonSettings) -> Iterator[str]:
    if settings.is_development and not _is_writable(settings.data_folder.absolute()):
        return  # the file would be made there; `_data_folder` has reported it
    try:
        KeyEncryption.of(settings)
    except EncryptionError as wrong:
        yield f"key_encryption_key_file: {wrong}"


def _host(settings: CommonSettings) -> Iterator[str]:
    """The host must be an address of this machine: a socket can be bound to it, on any port."""
    try:
        found = socket.getaddrinfo(settings.host, 0, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError as unknown:
        yield f"host: {settings.host} cannot be resolved: {unknown.strerror}"
        return
    family, kind, protocol, _, address = found[0]
    with socket.socket(family, kind, protocol) as bound:
        try:
            bound.bind(address)
        except OSError as wrong:
            yield f"host: cannot listen on {settings.host}: {os.strerror(wrong.errno or 0)}"


def _is_writable(folder: Path) -> bool:
    return os.access(folder, os.W_OK | os.X_OK)


_CHECKS: tuple[Callable[[CommonSettings], Iterator[str]], ...] = (_data_folder, _key_encryption_key_file, _host)
