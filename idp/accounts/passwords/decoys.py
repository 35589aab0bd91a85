"""The hashes that a password is compared with when no account has the username; they cost what those of accounts cost.

After the settings of Argon2 have changed, an account keeps its hash of before until
its next login. If all decoys had today's parameters, the time of a refusal would tell
these accounts from logins that nobody has. So decoys have the parameters of the stored
hashes, in the same shares: a keyed digest gives each login a point between 0 and 1,
the same in every process and after a restart, and the shares laid end to end say what
it costs. Today's come last: as accounts log in, the shares before them shrink, and
logins that nobody has go over to today's parameters as accounts do.
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

# Not bound: PostgreSQL would take the expression of SELECT and that of GROUP BY for two.
_ONE: ColumnElement[int] = literal_column("1")
_END: ColumnElement[int] = literal_column(str(HASH_END))


class Decoys:
    """Decoy hashes for logins that have none."""

    def __init__(self, database: Database, encryption: KeyEncryption, today: Argon2Parameters) -> None:
        self._database = database
        self._key = encryption.derived(list(encryption.keys)[-1], "password decoys")  # the last stays the longest
        self._today = today
        self._shares: tuple[tuple[Argon2Parameters, float], ...] = ()
        self._count_at = float("-inf")
        self._counting = Lock()

    def hash_for(self, login: str) -> str:
        """A hash that no password has, which costs what the hash of an account could; the same for the same login."""
        point = int.from_bytes(hmac.digest(self._key, login.encode("utf-8", "surrogatepass"), "sha256")[:8], "big")
        reached = 0.0
        for parameters, share in self._stored():
            reached += share
            if point / 2**64 < reached:
                return parameters.hash_of_nothing()
        return self._today.hash_of_nothing()

    def _stored(self) -> tuple[tuple[Argon2Parameters, float], ...]:
        """The parameters of stored hashes but today's, each with its share; counted now and then, by one thread."""
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
