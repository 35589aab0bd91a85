"""Argon2id with the parameters of the settings: the only import of argon2.

Each operation takes `argon2_memory`. Only `password_hash_concurrency` operations run at once; others wait, so that a
flood of logins does not exhaust the machine's memory.
"""

import re
from base64 import b64encode
from dataclasses import dataclass
from functools import lru_cache
from secrets import token_bytes
from threading import BoundedSemaphore
from typing import Final

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

from idp.settings import Settings

_SALT_LENGTH: Final = 16
_HASH_LENGTH: Final = 32
HASH_END: Final = len("$") + 22 + len("$") + 43  # the salt and the digest, in base64 without padding

_START = re.compile(r"\$argon2id\$v=19\$m=(\d{1,10}),t=(\d{1,10}),p=(\d{1,10})")


@dataclass(frozen=True, slots=True, order=True)
class Argon2Parameters:
    """The cost of an operation: memory in KiB, passes, lanes (RFC 9106, section 3.1)."""

    memory: int
    iterations: int
    lanes: int

    @classmethod
    def of(cls, settings: Settings) -> "Argon2Parameters":
        return cls(settings.argon2_memory, settings.argon2_iterations, settings.argon2_lanes)

    @classmethod
    def read(cls, start: str) -> "Argon2Parameters | None":
        """The parameters in the beginning of a stored hash."""
        found = _START.fullmatch(start)
        return cls(*map(int, found.groups())) if found else None

    def hash_of_nothing(self) -> str:
        """A random hash, which no password matches. A comparison with it costs the same as with a real one."""
        return _hash_of_nothing(self)


class PasswordHashing:
    """Makes and compares password hashes."""

    def __init__(self, settings: Settings) -> None:
        self._hasher = PasswordHasher(
            time_cost=settings.argon2_iterations,
            memory_cost=settings.argon2_memory,
            parallelism=settings.argon2_lanes,
            hash_len=_HASH_LENGTH,
            salt_len=_SALT_LENGTH,
            type=Type.ID,
        )
        self._at_once = BoundedSemaphore(settings.password_hash_concurrency)

    def hash(self, password: str) -> str:
        """Hash a password, which the caller has normalised."""
        with self._at_once:
            return self._hasher.hash(_octets(password))

    def matches(self, stored: str, password: str) -> bool:
        """Whether `stored` is a hash of `password`. It costs one Argon2 operation in any case."""
        with self._at_once:
            try:
                return self._hasher.verify(stored, _octets(password))
            except (VerificationError, InvalidHashError):
                return False

    def is_busy(self) -> bool:
        """Whether another operation would have to wait."""
        if self._at_once.acquire(blocking=False):
            self._at_once.release()
            return False
        return True

    def is_outdated(self, stored: str) -> bool:
        """Whether `stored` has other parameters than the current ones."""
        return self._hasher.check_needs_rehash(stored)


def _octets(password: str) -> bytes:
    return password.encode("utf-8", "surrogatepass")  # a form cannot carry a lone surrogate, a terminal can


@lru_cache(maxsize=32)
def _hash_of_nothing(cost: Argon2Parameters) -> str:
    salt, digest = (b64encode(token_bytes(length)).rstrip(b"=").decode() for length in (_SALT_LENGTH, _HASH_LENGTH))
    return f"$argon2id$v=19$m={cost.memory},t={cost.iterations},p={cost.lanes}${salt}${digest}"
