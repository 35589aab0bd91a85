"""Subject identifiers: the OpenID Connect `sub` of each account in each sector.

OpenID Connect Core 1.0, section 8: a public subject is the same for all applications (its sector is empty); only the
applications of one sector share a pairwise subject. Both are random and stored, so that nothing can be derived from
a subject, and a look-up in either direction is one indexed read.
"""

import secrets

from sqlalchemy import bindparam, select
from sqlalchemy.exc import IntegrityError

from config.sql.database import Database
from config.sql.versioned_cache import Revisions, VersionedCache
from idp.accounts.errors import NoSuchAccount
from idp.accounts.models import Subject

PUBLIC_SECTOR = ""
CACHED_SUBJECTS = 10_000
_REVISION = "subjects"  # never bumped: a subject does not change
_SUB = select(Subject.sub).where(  # built once: compiling a statement takes longer than its execution
    Subject.account_id == bindparam("account_id"), Subject.sector == bindparam("sector")
)


class Subjects:
    """The subject identifiers."""

    def __init__(self, database: Database, revisions: Revisions) -> None:
        self._database = database
        self._cache: VersionedCache[tuple[str, str], str] = VersionedCache(
            revisions, _REVISION, self._load, size=CACHED_SUBJECTS
        )

    def sub_for(self, account_id: str, sector: str = PUBLIC_SECTOR) -> str:
        """The subject of this account in this sector, created when it is first needed.

        Raises:
            NoSuchAccount: no account has this identifier.
        """
        return self._cache.get((account_id, sector)) or self._create(account_id, sector)

    def known(self, account_id: str, sector: str = PUBLIC_SECTOR) -> str | None:
        """The subject, or None if it has not been created."""
        return self._cache.get((account_id, sector))

    def account_of(self, sub: str) -> str | None:
        """The account of a subject of any sector."""
        if not sub.isprintable():
            return None
        with self._database.reading() as connection:
            return connection.scalar(select(Subject.account_id).where(Subject.sub == sub))

    def _create(self, account_id: str, sector: str) -> str:
        try:
            with self._database.transaction() as session:
                session.add(Subject(sub=secrets.token_hex(16), account_id=account_id, sector=sector))
        except IntegrityError:  # another request created it meanwhile, or there is no such account
            pass
        created = self._cache.get((account_id, sector))
        if created is None:
            raise NoSuchAccount(account_id)
        return created

    def _load(self, of: tuple[str, str]) -> str | None:
        account_id, sector = of
        with self._database.reading() as connection:
            return connection.scalar(_SUB, {"account_id": account_id, "sector": sector})
