"""Subject identifiers: the OpenID Connect `sub`, drawn once for each account and sector.

OpenID Connect Core 1.0, section 8: a public subject is the same for everyone
(its sector is empty), a pairwise one is shared by the applications of one
sector only. Both are drawn at random and kept, so that nothing can be computed
from one, and both ways are one indexed read.
"""

import secrets

from sqlalchemy import bindparam, select
from sqlalchemy.exc import IntegrityError

from config.sql.database import Database
from config.sql.versioned_cache import Revisions, VersionedCache
from idp.accounts.errors import NoSuchAccount
from idp.accounts.models import Subject

PUBLIC_SECTOR = ""
REMEMBERED_SUBJECTS = 10_000
_REVISION = "subjects"  # never advanced: a subject does not change
_SUB = select(Subject.sub).where(  # made once: to recognize a new statement takes longer than its answer
    Subject.account_id == bindparam("account_id"), Subject.sector == bindparam("sector")
)


class Subjects:
    """The subjects given out."""

    def __init__(self, database: Database, revisions: Revisions) -> None:
        self._database = database
        self._remembered: VersionedCache[tuple[str, str], str] = VersionedCache(
            revisions, _REVISION, self._load, size=REMEMBERED_SUBJECTS
        )

    def sub_for(self, account_id: str, sector: str = PUBLIC_SECTOR) -> str:
        """The subject of this account for this sector, drawn the first time it is asked for.

        Raises:
            NoSuchAccount: no account has this identifier.
        """
        return self._remembered.get((account_id, sector)) or self._draw(account_id, sector)

    def known(self, account_id: str, sector: str = PUBLIC_SECTOR) -> str | None:
        """The subject if it has been drawn already, or None."""
        return self._remembered.get((account_id, sector))

    def account_of(self, sub: str) -> str | None:
        """The account that `sub` names, whatever the sector."""
        if not sub.isprintable():
            return None
        with self._database.reading() as connection:
            return connection.scalar(select(Subject.account_id).where(Subject.sub == sub))

    def _draw(self, account_id: str, sector: str) -> str:
        try:
            with self._database.transaction() as session:
                session.add(Subject(sub=secrets.token_hex(16), account_id=account_id, sector=sector))
        except IntegrityError:  # drawn by another request meanwhile, or no such account
            pass
        drawn = self._remembered.get((account_id, sector))
        if drawn is None:
            raise NoSuchAccount(account_id)
        return drawn

    def _load(self, of: tuple[str, str]) -> str | None:
        account_id, sector = of
        with self._database.reading() as connection:
            return connection.scalar(_SUB, {"account_id": account_id, "sector": sector})
