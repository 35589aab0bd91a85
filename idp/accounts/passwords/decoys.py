"""Decoy hashes: what a password is compared with when no account has the username, at the cost of a real hash.

After the Argon2 settings have changed, an account keeps its old hash until its next login. If all decoys had the
current parameters, the time of a refusal would distinguish these accounts from unknown usernames. So decoys have the
parameters of the stored hashes, in the same proportions: a keyed digest gives each username a point between 0 and 1,
the same in every process and after a restart, and the proportions divide that interval. The current parameters come
last: as accounts log in, the older proportions shrink, and unknown usernames move to the current parameters too.
"""

import hmac
import time
from collections import Counter
from threading import Lock
from typing import Final

from sqlalchemy import ColumnElement, func, literal_column, select

from config.encryption import KeyEncryption
from config.sql.database import Database
from idp.accounts.models import PasswordCredential
from idp.accounts.passwords.hashing import HASH_END, Argon2Parameters

COUNTED_EVERY: Final = 600.0  # seconds

# Literals: with bound values PostgreSQL would see different expressions in SELECT and GROUP BY.
_ONE: ColumnElement[int] = literal_column("1")
_END: ColumnElement[int] = literal_column(str(HASH_END))


class Decoys:
    """Decoy hashes for usernames that have none."""

    def __init__(self, database: Database, encryption: KeyEncryption, today: Argon2Parameters) -> None:
        self._database = database
        self._key = encryption.derived(list(encryption.keys)[-1], "password decoys")  # the last stays the longest
        self._today = today
        self._shares: tuple[tuple[Argon2Parameters, float], ...] = ()
        self._count_at = float("-inf")
        self._counting = Lock()

    def hash_for(self, login: str) -> str:
        """A decoy for this username, always with the same parameters."""
        point = int.from_bytes(hmac.digest(self._key, login.encode("utf-8", "surrogatepass"), "sha256")[:8], "big")
        reached = 0.0
        for parameters, share in self._stored():
            reached += share
            if point / 2**64 < reached:
                return parameters.hash_of_nothing()
        return self._today.hash_of_nothing()

    def _stored(self) -> tuple[tuple[Argon2Parameters, float], ...]:
        """The parameters of stored hashes except the current ones, each with its proportion; counted now and then."""
        if time.monotonic() < self._count_at or not self._counting.acquire(blocking=not self._shares):
            return self._shares
        try:
            if time.monotonic() >= self._count_at:
                self._shares = self._counted()
                self._count_at = time.monotonic() + COUNTED_EVERY
        finally:
            self._counting.release()
        return self._shares

    def _counted(self) -> tuple[tuple[Argon2Parameters, float], ...]:
        start = func.substr(PasswordCredential.hash, _ONE, func.length(PasswordCredential.hash) - _END)
        with self._database.reading() as connection:
            rows = connection.execute(select(start, func.count()).group_by(start)).all()
        counted: Counter[Argon2Parameters] = Counter()
        for written, accounts in rows:
            counted[Argon2Parameters.read(written) or self._today] += accounts
        everyone = counted.total()
        return tuple(
            (parameters, counted[parameters] / everyone) for parameters in sorted(counted) if parameters != self._today
        )
