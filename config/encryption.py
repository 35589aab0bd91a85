"""Encrypts secrets in the database, such as private keys, with a key that is kept apart from it.

AES-256-GCM (NIST SP 800-38D); an encrypted value is called sealed. The
key-encryption keys are in a file, one line a key, `id:base64`. The first key seals,
every key opens. To rotate: insert a new first line, `reseal`, delete the old line.
"""

import base64
import binascii
import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from config.common_settings import CommonSettings
from config.text_files import FileRefused, NotText, read_private_text

DEVELOPMENT_FILE = "key-encryption-key"
KEY_BYTES = 32
NONCE_BYTES = 12  # SP 800-38D section 8.2: 96 random bits; a key seals far fewer than 2^32 values
TAG_BYTES = 16

_KEY_ID = re.compile(r"[a-z0-9-]{1,32}")
_MARK = "sealed1"


class EncryptionError(Exception):
    """A sealed value cannot be used. The message is for an operator and contains no secret."""


class EncryptionKeyMissing(EncryptionError):
    """The key-encryption key file is missing, or cannot be read."""


class EncryptionKeyUnknown(EncryptionError):
    """The value was sealed by a key that is not in our file."""

    def __init__(self, key_id: str) -> None:
        super().__init__(
            f"sealed by the key-encryption key {key_id!r}, which is not in the key-encryption key file: add its line"
        )
        self.key_id = key_id


class SealBroken(EncryptionError):
    """The value was altered, or sealed for another purpose or row."""


@dataclass(frozen=True, slots=True)
class KeyEncryption:
    """The key-encryption keys of this installation, by id. The first key seals."""

    keys: Mapping[str, bytes] = field(repr=False)

    @classmethod
    def of(cls, settings: CommonSettings) -> "KeyEncryption":
        """The keys in the file that the settings name. In development, a missing file is made.

        Raises:
            EncryptionError: the file is missing or invalid.
        """
        file = encryption_key_file(settings)
        if settings.is_development and not file.exists():
            make_encryption_key_file(file)
        return cls.read(file)

    @classmethod
    def read(cls, file: Path) -> "KeyEncryption":
        """The keys in `file`, which other users must not be able to read.

        Raises:
            EncryptionError: it cannot be read, other users can read it, or it is invalid.
        """
        return cls(_keys_of(_text_of(file), file))

    @property
    def first_id(self) -> str:
        """The id of the key that seals."""
        return next(iter(self.keys))

    def seal(self, plaintext: bytes, *, bound_to: str) -> str:
        """Encrypt `plaintext`. It opens with the same `bound_to` only, such as the name of its row."""
        key_id = self.first_id
        nonce = os.urandom(NONCE_BYTES)
        sealed = AESGCM(self.keys[key_id]).encrypt(nonce, plaintext, _associated(key_id, bound_to))
        return f"{_MARK}.{key_id}.{base64.urlsafe_b64encode(nonce + sealed).decode('ascii')}"

    def open(self, sealed: str, *, bound_to: str) -> bytes:
        """Decrypt a value that was sealed for `bound_to`.

        Raises:
            EncryptionKeyUnknown: its key is not in our file.
            SealBroken: it was altered, or sealed for another `bound_to`.
        """
        key_id, content = _parts(sealed)
        if key_id not in self.keys:
            raise EncryptionKeyUnknown(key_id)
        try:
            return AESGCM(self.keys[key_id]).decrypt(
                content[:NONCE_BYTES], content[NONCE_BYTES:], _associated(key_id, bound_to)
            )
        except InvalidTag:
            raise SealBroken(f"the sealed value of {bound_to!r} was altered, or belongs elsewhere") from None

    def reseal(self, sealed: str, *, bound_to: str) -> str:
        """The value sealed by the first key; unchanged if it is already."""
        if sealed_by(sealed) == self.first_id:
            return sealed
        return self.seal(self.open(sealed, bound_to=bound_to), bound_to=bound_to)

    def derived(self, key_id: str, purpose: str) -> bytes:
        """32 bytes for another purpose, derived by HKDF (RFC 5869); they reveal nothing of the key.

        Raises:
            EncryptionKeyUnknown: there is no key with that id.
        """
        if key_id not in self.keys:
            raise EncryptionKeyUnknown(key_id)
        return HKDF(SHA256(), KEY_BYTES, salt=None, info=f"poterne {purpose}".encode()).derive(self.keys[key_id])


def encryption_key_file(settings: CommonSettings) -> Path:
    if settings.key_encryption_key_file != Path():
        return settings.key_encryption_key_file
    return settings.data_folder / DEVELOPMENT_FILE


def sealed_by(sealed: str) -> str:
    """The id of the key that sealed the value."""
    return _parts(sealed)[0]


def new_key_line(key_id: str | None = None) -> str:
    """The line of a new random key."""
    key_id = key_id or secrets.token_hex(4)
    if not _KEY_ID.fullmatch(key_id):
        raise EncryptionError("the id of a key must be made of a-z, 0-9 and -")
    return f"{key_id}:{base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode('ascii')}\n"


def make_encryption_key_file(file: Path) -> bool:
    """Make the file with one key; False if it exists already, also when another process was faster."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    return _write_atomically(file, new_key_line(), replacing=False)


def put_new_key_first(file: Path) -> str:
    """Begin a rotation: insert a new key as the first of the file, and return its id. `reseal` comes next."""
    text = _text_of(file)
    keys = _keys_of(text, file)
    line = new_key_line()
    while line.partition(":")[0] in keys:
        line = new_key_line()
    _write_atomically(file, line + text, replacing=True)
    return line.partition(":")[0]


def _text_of(file: Path) -> str:
    try:
        return read_private_text(file)
    except FileRefused as refused:
        raise EncryptionKeyMissing(f"{file}: the key-encryption key file {refused}") from None
    except NotText as refused:
        raise EncryptionError(f"{file}: the key-encryption key file {refused}") from None


def _write_atomically(file: Path, text: str, *, replacing: bool) -> bool:
    """Write the complete file or nothing. False if it exists and `replacing` is not set."""
    draft = file.with_name(f".{file.name}.{secrets.token_hex(8)}")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as wrong:
        raise OSError(wrong.errno, wrong.strerror, str(file)) from None  # the file that was asked for, not the draft
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as opened:
            opened.write(text)
            opened.flush()
            os.fsync(opened.fileno())
        if replacing:
            draft.replace(file)
        else:
            file.hardlink_to(draft)
    except FileExistsError:
        return False
    finally:
        draft.unlink(missing_ok=True)
    return True


def _keys_of(text: str, file: Path) -> dict[str, bytes]:
    keys: dict[str, bytes] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        key_id, _, encoded = line.strip().partition(":")
        try:
            key = base64.b64decode(encoded, validate=True)
        except binascii.Error:
            key = b""
        if not _KEY_ID.fullmatch(key_id) or len(key) != KEY_BYTES:
            raise EncryptionError(f"{file}: line {number} is not id:base64 of {KEY_BYTES} bytes")
        if key_id in keys:
            raise EncryptionError(f"{file}: line {number}: the id {key_id!r} is used twice")
        keys[key_id] = key
    if not keys:
        raise EncryptionError(f"{file}: contains no key")
    return keys


def _parts(sealed: str) -> tuple[str, bytes]:
    match sealed.split("."):
        case [mark, key_id, encoded] if mark == _MARK:
            try:
                content = base64.urlsafe_b64decode(encoded)
            except (binascii.Error, ValueError):
                content = b""
            if len(content) >= NONCE_BYTES + TAG_BYTES:
                return key_id, content
    raise SealBroken("not a sealed value")


def _associated(key_id: str, bound_to: str) -> bytes:
    """The associated data of SP 800-38D: it authenticates the id of the key and `bound_to`."""
    return f"{_MARK}\n{key_id}\n{bound_to}".encode()
