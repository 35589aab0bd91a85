"""Argon2id, with the parameters of the settings and so many at once: the only import of argon2.

Each operation takes `argon2_memory`; a flood of logins waits here, in turn,
and does not take the machine's memory.
"""

import secrets
from base64 import b64encode
from threading import BoundedSemaphore

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

from config.settings import Settings

_SALT_LENGTH = 16
_HASH_LENGTH = 32


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
        self.decoy = _hash_of_nothing(settings)

    def hash(self, password: str) -> str:
        """A new hash of `password`, which the caller has normalised."""
        with self._at_once:
            return self._hasher.hash(_octets(password))

    def matches(self, stored: str, password: str) -> bool:
        """Whether `stored` is a hash of `password`: one Argon2 operation, whatever the answer."""
        with self._at_once:
            try:
                return self._hasher.verify(stored, _octets(password))
            except (VerificationError, InvalidHashError):
                return False

    def is_outdated(self, stored: str) -> bool:
        """Whether `stored` was made with other parameters than today's."""
        return self._hasher.check_needs_rehash(stored)


def _octets(password: str) -> bytes:
    return password.encode("utf-8", "surrogatepass")  # a form cannot carry a lone surrogate, a terminal can


def _hash_of_nothing(settings: Settings) -> str:
    """A hash that no password has, to compare with when there is nothing to compare with.

    It is drawn and not computed: comparing with it costs the same as with a true one.
    """
    salt, digest = (
        b64encode(secrets.token_bytes(length)).rstrip(b"=").decode() for length in (_SALT_LENGTH, _HASH_LENGTH)
    )
    cost = f"m={settings.argon2_memory},t={settings.argon2_iterations},p={settings.argon2_lanes}"
    return f"$argon2id$v=19${cost}${salt}${digest}"
