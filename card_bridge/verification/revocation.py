"""Whether a certificate is revoked, by what was fetched before: a login asks nobody and parses no list.

A revocation list is fresh until its `nextUpdate`. A serial number in the newest list is revoked, however old that
list is. Where no list is fresh, a fresh OCSP response about the certificate decides; without one, the grace that the
caller gives. Lists and responses are fetched in `lists.py` and `ocsp.py`.
"""

from collections.abc import Sequence, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Final, Protocol

from sqlalchemy import bindparam, select

from card_bridge.verification.serial_index import contains
from card_bridge.verification.tables import OcspResponseRow, RevocationListRow
from config.sql.database import Database
from config.sql.versioned_cache import Revisions, VersionedCache, its_key

LISTS, RESPONSES = "card-revocation-lists", "card-ocsp-responses"
"""The names of the revisions."""
TOLERATED_SKEW: Final = timedelta(minutes=5)
_CACHED_LISTS: Final = 16
_CACHED_RESPONSES: Final = 1_000

# Built once: a login after a new list makes each of them.
_LISTS_OF_AUTHORITY: Final = (
    select(
        RevocationListRow.this_update, RevocationListRow.next_update, RevocationListRow.serials, RevocationListRow.scope
    )
    .where(RevocationListRow.authority == bindparam("authority"), RevocationListRow.this_update.is_not(None))
    .order_by(RevocationListRow.this_update.desc())
)
_RESPONSE: Final = select(OcspResponseRow.is_revoked, OcspResponseRow.this_update, OcspResponseRow.next_update).where(
    OcspResponseRow.authority == bindparam("authority"), OcspResponseRow.serial_number == bindparam("serial_number")
)
_REVOKED: Final = select(OcspResponseRow.authority, OcspResponseRow.serial_number).where(OcspResponseRow.is_revoked)


class Revocation(Enum):
    """What is known of a certificate."""

    GOOD = "good"
    GOOD_BY_GRACE = "good by grace"
    """What is known has ended, and the grace accepts it."""
    REVOKED = "revoked"
    UNKNOWN = "unknown"


class Revocable(Protocol):
    """A certificate whose issuer may revoke it. `revocation_addresses` are those of lists that it names."""

    @property
    def serial_number(self) -> int: ...

    @property
    def revocation_addresses(self) -> Set[str]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class RevocationList:
    """A list of an authority."""

    this_update: datetime
    next_update: datetime
    serials: bytes
    scope: frozenset[str]

    def covers(self, certificate: Revocable) -> bool:
        """RFC 5280 section 5.2.5: a list of one distribution point covers the certificates that name it."""
        return not self.scope or not self.scope.isdisjoint(certificate.revocation_addresses)


@dataclass(frozen=True, slots=True, kw_only=True)
class OcspResponse:
    """The last response about a certificate."""

    is_revoked: bool
    this_update: datetime
    next_update: datetime


class RevocationRecords:
    """The lists and responses that were fetched, cached until they change."""

    def __init__(self, database: Database, revisions: Revisions) -> None:
        self._database = database
        self._lists: VersionedCache[str, Sequence[RevocationList]] = VersionedCache(
            revisions, LISTS, self._read_lists, size=_CACHED_LISTS, concerned_as=its_key
        )
        self._responses: VersionedCache[str, OcspResponse] = VersionedCache(
            revisions, RESPONSES, self._read_response, size=_CACHED_RESPONSES, concerned_as=its_key
        )
        self._revoked: VersionedCache[str, frozenset[str]] = VersionedCache(
            revisions, RESPONSES, self._read_revoked, size=1
        )

    def status(
        self, authority: str, certificate: Revocable, *, now: datetime, grace: timedelta = timedelta()
    ) -> Revocation:
        """What is known of a certificate.

        Args:
            authority: the id of the authority that issued it.
            grace: how long a list still counts after its `nextUpdate`.
        """
        known = self._covering(authority, certificate)
        if known is not None and contains(known.serials, certificate.serial_number):
            return Revocation.REVOKED
        key = response_key(authority, certificate.serial_number)
        if key in (self._revoked.get("all") or ()):
            return Revocation.REVOKED
        if known is not None and known.this_update - TOLERATED_SKEW <= now <= known.next_update:
            return Revocation.GOOD
        response = self._responses.get(key)
        if response is not None and response.this_update - TOLERATED_SKEW <= now <= response.next_update:
            return Revocation.GOOD
        if known is not None and known.this_update - TOLERATED_SKEW <= now <= known.next_update + grace:
            return Revocation.GOOD_BY_GRACE
        return Revocation.UNKNOWN

    def ends_at(self, authority: str, certificate: Revocable) -> datetime | None:
        """The `nextUpdate` of the newest list that covers the certificate; None when there is none."""
        known = self._covering(authority, certificate)
        return None if known is None else known.next_update

    def is_fresh(self, authority: str, now: datetime) -> bool:
        """Whether a list of this authority has not ended."""
        return any(now <= each.next_update for each in self._lists.get(authority) or ())

    def has_fresh_response(self, authority: str, serial_number: int, now: datetime) -> bool:
        """Whether an OCSP response about this certificate has not ended, or says that it is revoked."""
        response = self._responses.get(response_key(authority, serial_number))
        return response is not None and (response.is_revoked or now <= response.next_update)

    def _covering(self, authority: str, certificate: Revocable) -> RevocationList | None:
        """The newest list that covers the certificate."""
        return next((each for each in self._lists.get(authority) or () if each.covers(certificate)), None)

    def _read_lists(self, authority: str) -> Sequence[RevocationList] | None:
        """The lists of this authority, the newest first: one, unless it has several addresses."""
        with self._database.reading() as connection:
            found = [
                RevocationList(
                    this_update=row.this_update,
                    next_update=row.next_update,
                    serials=row.serials,
                    scope=frozenset(row.scope.split()),
                )
                for row in connection.execute(_LISTS_OF_AUTHORITY, {"authority": authority})
            ]
        return found or None

    def _read_response(self, key: str) -> OcspResponse | None:
        authority, _, serial_number = key.partition(":")
        with self._database.reading() as connection:
            row = connection.execute(_RESPONSE, {"authority": authority, "serial_number": serial_number}).first()
        if row is None:
            return None
        return OcspResponse(is_revoked=row.is_revoked, this_update=row.this_update, next_update=row.next_update)

    def _read_revoked(self, _: str) -> frozenset[str]:
        with self._database.reading() as connection:
            return frozenset(f"{row.authority}:{row.serial_number}" for row in connection.execute(_REVOKED))


def response_key(authority: str, serial_number: int) -> str:
    """The key of a response in changes: the authority's id, and the serial number in hexadecimal."""
    return f"{authority}:{serial_number:x}"
