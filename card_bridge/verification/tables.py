"""The tables of revocation: the last good list of each authority, and the OCSP responses about single cards.

Only a service that trusts card authorities has them; its migrations create them.
"""

from datetime import datetime

from sqlalchemy import CheckConstraint, LargeBinary, String, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from config.sql.declarative import COLUMN_TYPES, new_metadata


class Base(DeclarativeBase):
    """The base of the tables of revocation."""

    metadata = new_metadata()
    type_annotation_map = COLUMN_TYPES


class RevocationListRow(Base):
    """The last good revocation list (CRL) from one address, and the last attempt to fetch one.

    `authority` is the id of the authority that signed it (`trust.py`), None while none was fetched. `serials` is the
    sorted index of revoked serial numbers (`serial_index.py`); a login reads it and never the list itself. `scope` has
    the addresses, one a line, of which a certificate must name one to be covered; with "" all are.
    """

    __tablename__ = "card_revocation_list"

    source: Mapped[str] = mapped_column(String(500), primary_key=True)
    authority: Mapped[str | None] = mapped_column(String(64), index=True)
    scope: Mapped[str] = mapped_column(Text)
    digest: Mapped[str | None] = mapped_column(String(64))
    number: Mapped[str | None] = mapped_column(String(60))  # CRLNumber in decimal; RFC 5280 5.2.3: up to 20 octets
    this_update: Mapped[datetime | None]
    next_update: Mapped[datetime | None]
    entries: Mapped[int]
    serials: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    fetched_at: Mapped[datetime | None]
    attempted_at: Mapped[datetime]
    failure: Mapped[str | None] = mapped_column(String(200))

    __table_args__ = (CheckConstraint("(this_update IS NULL) = (next_update IS NULL)", name="both_ends_or_none"),)


class OcspResponseRow(Base):
    """The last good OCSP response about one certificate; `serial_number` is in hexadecimal."""

    __tablename__ = "card_ocsp_response"

    authority: Mapped[str] = mapped_column(String(64), primary_key=True)
    serial_number: Mapped[str] = mapped_column(String(40), primary_key=True)
    is_revoked: Mapped[bool]
    this_update: Mapped[datetime]
    next_update: Mapped[datetime]
    fetched_at: Mapped[datetime]
