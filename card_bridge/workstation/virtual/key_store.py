"""RSA keys that are made once and kept in a folder: making one of 4,096 bits takes seconds."""

import os
import secrets
from contextlib import suppress
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)


class KeyStore:
    """The keys of a folder, by their name. Several processes may use the folder at once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._keys: dict[str, rsa.RSAPrivateKey] = {}

    def key(self, name: str, bits: int) -> rsa.RSAPrivateKey:
        """The key of a name and a size, which is made if it is missing.

        Raises:
            OSError: the folder cannot be read or written.
        """
        name = f"{name}-{bits}"
        if (found := self._keys.get(name)) is None:
            found = self._keys[name] = self._read_or_make(self._folder / f"{name}.pem", bits)
        return found

    def _read_or_make(self, file: Path, bits: int) -> rsa.RSAPrivateKey:
        if not file.exists():
            key = rsa.generate_private_key(65537, bits)
            _write(file, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        kept = load_pem_private_key(file.read_bytes(), None)
        if not isinstance(kept, rsa.RSAPrivateKey):
            raise OSError(f"{file} does not hold an RSA key: delete it")
        return kept


def _write(file: Path, octets: bytes) -> None:
    """Write a file at once; one that another process wrote meanwhile stays."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = file.with_name(f".{file.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as opened:
            opened.write(octets)
        with suppress(FileExistsError):
            os.link(draft, file)
    finally:
        draft.unlink()
