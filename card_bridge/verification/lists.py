"""Revocation lists: checked when they are fetched, and kept as an index of serial numbers.

A list counts when a trusted authority has signed it for all of its certificates, and it is newer than the one that is
kept from the same address (RFC 5280 section 6.3.3). `fetching.py` fetches; a login only reads (`revocation.py`).
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding
from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from card_bridge.verification.algorithms import ends_with_signature, is_strong_hash
from card_bridge.verification.revocation import LISTS, TOLERATED_SKEW
from card_bridge.verification.serial_index import pack
from card_bridge.verification.tables import RevocationListRow
from card_bridge.verification.trust import Authority, TrustedAuthorities
from card_bridge.verification.unreadable import UNREADABLE
from config.sql.database import Database
from config.sql.versioned_cache import bump

LARGEST_LIST: Final = 32 * 1024 * 1024  # octets; a list of 20,000 entries has 720,000
_UNDERSTOOD: Final = (x509.IssuingDistributionPoint, x509.CRLNumber, x509.AuthorityKeyIdentifier)


class ListRefused(ValueError):
    """A revocation list is not accepted. The message says why, and repeats nothing of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedList:
    """A list that a trusted authority has signed. `scope` has the addresses of its distribution point."""

    authority: Authority
    digest: str
    number: int | None
    this_update: datetime
    next_update: datetime
    entries: int
    serials: bytes
    scope: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListState:
    """What is kept of the list at one address, for operators. `failure` is of the last attempt."""

    source: str
    authority: str = ""
    number: str | None = None
    this_update: datetime | None = None
    next_update: datetime | None = None
    entries: int = 0
    fetched_at: datetime | None = None
    attempted_at: datetime | None = None
    failure: str | None = None

    def is_fresh(self, now: datetime) -> bool:
        return self.next_update is not None and now <= self.next_update


def check_list(octets: bytes, authorities: TrustedAuthorities, *, now: datetime) -> CheckedList:
    """Read a list, in DER or PEM, and verify that a trusted authority has signed it.

    Raises:
        ListRefused: it cannot be read, has a weak hash, is not signed by its issuer, covers only some certificates, or
            is of the future.
    """
    if len(octets) > LARGEST_LIST:
        raise ListRefused(f"it is larger than {LARGEST_LIST} octets")
    try:
        is_pem = octets.lstrip().startswith(b"-----BEGIN")
        found = x509.load_pem_x509_crl(octets) if is_pem else x509.load_der_x509_crl(octets)
        issuer, next_update, digest = found.issuer.public_bytes(), found.next_update_utc, found.signature_hash_algorithm
        extensions = list(found.extensions)
    except UNREADABLE:
        raise ListRefused("it is not a revocation list in DER or PEM") from None
    if not ends_with_signature(found.public_bytes(Encoding.DER), found.signature):
        raise ListRefused("its signature has a number of bits that is not a multiple of eight")
    if not is_strong_hash(digest):
        raise ListRefused("it is signed with a hash that is weaker than SHA-256")
    authority = _signer(found, authorities.with_subject(issuer))
    if next_update is None or next_update <= found.last_update_utc:
        raise ListRefused("it does not say when the next one follows")
    if found.last_update_utc > now + TOLERATED_SKEW:
        raise ListRefused("it is from the future")
    scope, number = _scope(extensions), _number(extensions)
    try:
        serials = pack(entry.serial_number for entry in found)
    except UNREADABLE:
        raise ListRefused("an entry cannot be read") from None
    return CheckedList(
        authority=authority,
        digest=hashlib.sha256(octets).hexdigest(),
        number=number,
        this_update=found.last_update_utc,
        next_update=next_update,
        entries=len(found),
        serials=serials,
        scope=scope,
    )


def _signer(found: x509.CertificateRevocationList, named: Sequence[Authority]) -> Authority:
    """RFC 5280 section 6.3.3 (f) and (g): the authority itself has signed. Lists of others (indirect) are refused."""
    if not named:
        raise ListRefused("no trusted authority has the name of its issuer")
    for authority in named:
        if authority.may_sign_lists and _has_signed(authority, found):
            return authority
    raise ListRefused("its signature is not one of its issuer")


def _has_signed(authority: Authority, found: x509.CertificateRevocationList) -> bool:
    key = authority.certificate.public_key()
    if not isinstance(key, RSAPublicKey):
        return False
    try:
        return found.is_signature_valid(key)
    except UNREADABLE:
        return False


def _scope(extensions: Sequence[x509.Extension[x509.ExtensionType]]) -> frozenset[str]:
    """RFC 5280 sections 5.2.4 and 5.2.5: the list covers every certificate, or those of one distribution point."""
    scope: frozenset[str] = frozenset()
    for extension in extensions:
        value = extension.value
        if extension.critical and not isinstance(value, _UNDERSTOOD):
            raise ListRefused("it has a critical extension that is not understood, such as that of a delta list")
        if isinstance(value, x509.IssuingDistributionPoint):
            if (
                value.only_contains_user_certs
                or value.only_contains_ca_certs
                or value.only_contains_attribute_certs
                or value.only_some_reasons
                or value.indirect_crl
                or value.relative_name
            ):
                raise ListRefused("it covers only some of the certificates of its issuer")
            names = value.full_name or ()
            scope = frozenset(each.value for each in names if isinstance(each, x509.UniformResourceIdentifier))
            if names and not scope:
                raise ListRefused("it covers only some of the certificates of its issuer")
    return scope


def _number(extensions: Sequence[x509.Extension[x509.ExtensionType]]) -> int | None:
    return next((each.value.crl_number for each in extensions if isinstance(each.value, x509.CRLNumber)), None)


class RevocationLists:
    """The lists that are kept, by the address that each was fetched from."""

    def __init__(self, database: Database, authorities: TrustedAuthorities) -> None:
        self._database = database
        self._authorities = authorities

    def accept(self, source: str, octets: bytes, *, now: datetime) -> bool:
        """Check a list that was fetched, and keep it.

        Returns:
            Whether it is another list than the one that was kept.

        Raises:
            ListRefused: nothing has changed.
        """
        checked = check_list(octets, self._authorities, now=now)
        with self._database.transaction() as session:
            row = _row(session, source)
            if row.digest == checked.digest:
                row.fetched_at = row.attempted_at = now
                row.failure = None
                return False
            if _is_older(checked, row):
                raise ListRefused("it is older than the one that is kept")
            before = row.authority
            row.authority, row.digest = checked.authority.id, checked.digest
            row.number = None if checked.number is None else str(checked.number)
            row.this_update, row.next_update = checked.this_update, checked.next_update
            row.entries, row.serials = checked.entries, checked.serials
            row.scope = "\n".join(sorted(checked.scope))
            row.fetched_at = row.attempted_at = now
            row.failure = None
            bump(session, LISTS, checked.authority.id, *([before] if before else []))
        return True

    def record_failure(self, source: str, failure: str, *, now: datetime) -> None:
        """Keep why the last attempt gave no list. The list that was kept before stays."""
        with self._database.transaction() as session:
            row = _row(session, source)
            row.attempted_at, row.failure = now, failure[:200]

    def forget_others(self, sources: Sequence[str]) -> None:
        """Delete what is kept of addresses that are no longer among the settings."""
        with self._database.transaction() as session:
            for row in session.scalars(select(RevocationListRow)):
                if row.source not in sources:
                    session.delete(row)
                    bump(session, LISTS)

    def states(self, sources: Sequence[str]) -> Sequence[ListState]:
        """What is kept of each address."""
        columns = [each for each in RevocationListRow.__table__.columns if each.name != "serials"]
        with self._database.reading() as connection:
            rows = {row.source: row for row in connection.execute(select(*columns))}
        names = {authority.id: authority.name for authority in self._authorities.all}
        return [_state(source, rows.get(source), names) for source in sources]


def _row(session: Session, source: str) -> RevocationListRow:
    row = session.get(RevocationListRow, source, with_for_update=True)
    if row is None:
        row = RevocationListRow(source=source, entries=0, serials=b"", scope="", attempted_at=datetime.now(UTC))
        session.add(row)
    return row


def _is_older(checked: CheckedList, row: RevocationListRow) -> bool:
    """Whether the list would replace a newer one of its authority. An old list lacks the last that were revoked."""
    if row.authority != checked.authority.id or row.this_update is None:
        return False
    if checked.this_update != row.this_update:
        return checked.this_update < row.this_update
    return checked.number is not None and row.number is not None and checked.number < int(row.number)


def _state(source: str, row: Row[Any] | None, names: Mapping[str, str]) -> ListState:
    if row is None:
        return ListState(source=source, failure="it was never fetched")
    return ListState(
        source=source,
        authority=names.get(row.authority, ""),
        number=row.number,
        this_update=row.this_update,
        next_update=row.next_update,
        entries=row.entries,
        fetched_at=row.fetched_at,
        attempted_at=row.attempted_at,
        failure=row.failure,
    )
