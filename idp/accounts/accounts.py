"""Accounts as the rest of the program reads them.

An `AccountSnapshot` (`snapshot.py`) is what each request needs of an account, in one frozen value that is cached until
that account changes. Accounts are changed in `provisioning.py` and `passwords`.
"""

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, or_

from config.mail_addresses import is_address
from config.sql.database import Database
from config.sql.versioned_cache import Revisions, VersionedCache, its_key
from idp.accounts.models import Account
from idp.accounts.snapshot import ACCOUNTS, AccountSnapshot, read_snapshots
from idp.accounts.usernames import as_typed, is_username

REVISION = "accounts"
CACHED_ACCOUNTS = 10_000
MOST_ACCOUNTS_OF_A_MAILBOX = 5


class Accounts:
    """The accounts of this installation, to be read."""

    def __init__(self, database: Database, revisions: Revisions) -> None:
        self._database = database
        self._cache: VersionedCache[str, AccountSnapshot] = VersionedCache(
            revisions, REVISION, self._load, size=CACHED_ACCOUNTS, concerned_as=its_key
        )

    def snapshot(self, account_id: str, *, fresh: bool = False) -> AccountSnapshot | None:
        """The current state of the account, or None; `fresh` reads its revision from the database."""
        return self._cache.get(account_id, fresh=fresh)

    def by_username(self, login: str) -> AccountSnapshot | None:
        typed = as_typed(login)
        return next(iter(self._where(Account.login == typed)), None) if is_username(typed) else None

    def by_username_or_email(self, sought: str) -> Sequence[AccountSnapshot]:
        """The account with this login, or the first few accounts with this e-mail address."""
        typed = as_typed(sought)
        if "@" in typed:
            return self._where(Account.email == typed, limit=MOST_ACCOUNTS_OF_A_MAILBOX) if is_address(typed) else []
        found = self.by_username(typed)
        return [found] if found else []

    def list(self, *, after: str = "", limit: int = 50, query: str = "") -> Sequence[AccountSnapshot]:
        """Accounts in the order of their logins, beginning after the login `after`."""
        if not (after + query).isprintable():
            return []
        conditions = [Account.login > after]
        if query:
            columns = (Account.login, Account.given_name, Account.family_name, Account.email)
            conditions.append(or_(*(column.icontains(query, autoescape=True) for column in columns)))
        return self._where(*conditions, limit=limit)

    def _load(self, account_id: str) -> AccountSnapshot | None:
        return next(iter(self._where(Account.id == account_id)), None)

    def _where(self, *conditions: ColumnElement[bool], limit: int = 1) -> Sequence[AccountSnapshot]:
        found = ACCOUNTS.where(*conditions).order_by(Account.login).limit(limit)
        with self._database.reading() as connection:
            return read_snapshots(connection, found)


def now() -> datetime:
    return datetime.now(UTC)
