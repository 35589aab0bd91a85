"""The file of a backup: JSON lines compressed by gzip.

It has a header, then each table and its rows, then an end with the checksum and an authentication code. What is
encrypted in the database, such as signing keys, is encrypted in the file. The file never contains the key-encryption
key, which must be kept elsewhere: without it nobody can decrypt them. `values.py` says how each type of value is
written.
"""

import gzip
import hashlib
import hmac
import json
import os
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import MetaData

from config.encryption import EncryptionKeyUnknown, KeyEncryption
from config.sql.migrations import Migrations, SchemaTooNew
from config.strict_parsing import parse_json

FORMAT = "poterne backup 1"
ROWS_AT_ONCE = 500


class BackupRefused(Exception):
    """The backup cannot be made or restored; the text tells an operator why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceDatabase:
    """What the database of a service holds."""

    service: str
    """The name of the service: a backup of one is not restored into another."""
    migrations: Migrations
    tables: MetaData


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupSummary:
    """The contents of a backup."""

    made_at: datetime
    revision: str
    """The Alembic revision of its tables."""
    tables: dict[str, int]
    """The number of rows of each table."""
    key_ids: tuple[str, ...]
    """The identifiers of the key-encryption keys that a restore needs."""


class LineWriter:
    """Writes JSON lines and computes their SHA-256."""

    def __init__(self, opened: gzip.GzipFile) -> None:
        self._opened = opened
        self.digest = hashlib.sha256()

    def write(self, value: object) -> None:
        line = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
        self._opened.write(line)
        self.digest.update(line)

    def write_end(self, key_ids: set[str], encryption: KeyEncryption) -> None:
        """Write the last line: the checksum, and what proves which key-encryption keys the file needs."""
        sha256, by = self.digest.hexdigest(), encryption.first_id
        keys = {each: _key_check(encryption, each) for each in sorted(key_ids)}
        self.write({"sha256": sha256, "keys": keys, "by": by, "mac": _mac(encryption, by, sha256)})


def read_lines(file: Path) -> Iterator[tuple[bytes, Any]]:
    """Each line of the file, with its value.

    Raises:
        BackupRefused: the file cannot be read, or is damaged.
    """
    try:
        with gzip.open(file, "rb") as opened:
            for line in opened:
                yield line, parse_json(line)
    except OSError as wrong:
        raise BackupRefused(
            f"{file}: cannot be read: {os.strerror(wrong.errno) if wrong.errno else 'damaged'}"
        ) from None
    except (ValueError, EOFError, zlib.error):
        raise BackupRefused(f"{file}: is damaged or incomplete") from None


def inspect_backup(of: ServiceDatabase, file: Path, encryption: KeyEncryption) -> BackupSummary:
    """Read and check the whole file without touching the database.

    Raises:
        BackupRefused: the file is not a backup, is incomplete or altered, was made by another service or a newer
            version, or needs a key that our key file lacks.
    """
    tables: dict[str, int] = {}
    head: dict[str, Any] = {}
    end: dict[str, Any] = {}
    digest, current = hashlib.sha256(), ""
    for line, value in read_lines(file):
        if end:
            raise BackupRefused(f"{file}: has more lines after its end")
        match value:
            case {"format": found, **_kept} if not head:
                if found != FORMAT:
                    raise BackupRefused(
                        f"{file}: has the format {str(found)[:40]!r}, but this version reads {FORMAT!r}"
                    )
                head = value
            case {"table": str(current), **_kept} if head:
                tables[current] = 0
            case list() if current:
                tables[current] += 1
            case {"sha256": str(), **_kept} if head:
                end = value
                continue
            case _:
                raise BackupRefused(f"{file} is not a backup")
        digest.update(line)
    if not end:
        raise BackupRefused(f"{file}: is incomplete: its end is missing")
    if end["sha256"] != digest.hexdigest():
        raise BackupRefused(f"{file}: was altered after it was made: its checksum does not match")
    try:
        _refuse_other_keys(file, end, encryption)
        _refuse_other_service(of, file, head.get("service", of.service))
        _refuse_newer(of, file, head["revision"])
        return BackupSummary(
            made_at=datetime.fromisoformat(head["made_at"]),
            revision=head["revision"],
            tables=tables,
            key_ids=tuple(end["keys"]),
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        raise BackupRefused(f"{file} is not a backup") from None


def _refuse_other_keys(file: Path, end: dict[str, Any], encryption: KeyEncryption) -> None:
    try:
        for key_id, check in end["keys"].items():
            if not hmac.compare_digest(_key_check(encryption, key_id), check):
                raise BackupRefused(
                    f"{file}: the key-encryption key {key_id!r} in your key file differs from the one of this backup"
                )
        if not hmac.compare_digest(_mac(encryption, end["by"], end["sha256"]), end["mac"]):
            raise BackupRefused(f"{file}: was made with other key-encryption keys, or was altered afterwards")
    except EncryptionKeyUnknown as unknown:
        raise BackupRefused(
            f"{file}: needs the key-encryption key {unknown.key_id!r}: add its line to the key-encryption key file"
        ) from None


def _refuse_other_service(of: ServiceDatabase, file: Path, found: object) -> None:
    """A backup that names no service was made when there was only one."""
    if found != of.service:
        raise BackupRefused(f"{file}: is a backup of {str(found)[:40]!r}, not of {of.service!r}")


def _refuse_newer(of: ServiceDatabase, file: Path, found: str) -> None:
    if not of.migrations.knows(found):
        raise BackupRefused(f"{file}: {SchemaTooNew(found)}")


def _key_check(encryption: KeyEncryption, key_id: str) -> str:
    return hashlib.sha256(encryption.derived(key_id, "backup key check")).hexdigest()


def _mac(encryption: KeyEncryption, key_id: str, sha256: str) -> str:
    return hmac.new(encryption.derived(key_id, "backup"), sha256.encode("ascii"), hashlib.sha256).hexdigest()
