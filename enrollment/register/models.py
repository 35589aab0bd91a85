"""The tables of the register: the extracts that were imported, and the lines of each.

Look-ups read the lines of the extract whose state is `current`, and no others. An import changes that state when all
its lines are there (docs/decisions/the-register-is-swapped-by-one-row.md).
"""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from enrollment.database import Base


class ExtractState(StrEnum):
    """What has become of an extract."""

    IMPORTING = "importing"
    CURRENT = "current"
    REPLACED = "replaced"
    """A newer one is current."""
    REFUSED = "refused"
    ABANDONED = "abandoned"
    """Its import was stopped, or another one began."""


class RegisterExtract(Base):
    """One import of a published extract."""

    __tablename__ = "register_extract"
    __table_args__ = (
        Index(
            "ix_register_extract_current",
            "state",
            unique=True,
            sqlite_where=text("state = 'current'"),
            postgresql_where=text("state = 'current'"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[str] = mapped_column(String(16))
    source: Mapped[str] = mapped_column(String(255))
    """The name of the file."""
    published_at: Mapped[datetime]
    sha256: Mapped[str] = mapped_column(String(64))
    """Of the file as it was given, in hexadecimal."""
    began_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    lines: Mapped[int]
    unreadable_lines: Mapped[int]
    cleared_at: Mapped[datetime | None]
    """When its lines were deleted."""


class RegisterEntry(Base):
    """One line of an extract: one activity of one professional, who has several lines when there are several."""

    __tablename__ = "register_entry"
    __table_args__ = (Index(None, "national_id"), {"sqlite_with_rowid": False})

    extract_id: Mapped[int] = mapped_column(ForeignKey("register_extract.id"), primary_key=True)
    line: Mapped[int] = mapped_column(primary_key=True)
    national_id: Mapped[str] = mapped_column(String(32))
    """The type of the identifier and the identifier: an RPPS number with 8 before it."""
    title: Mapped[str] = mapped_column(String(8))
    civility: Mapped[str] = mapped_column(String(8))
    family_name: Mapped[str] = mapped_column(String(120))
    given_name: Mapped[str] = mapped_column(String(120))
    profession: Mapped[str] = mapped_column(String(8))
    category: Mapped[str] = mapped_column(String(8))
    skill: Mapped[str] = mapped_column(String(16))
    mode: Mapped[str] = mapped_column(String(8))
    structure: Mapped[str] = mapped_column(String(200))
    structure_id: Mapped[str] = mapped_column(String(40))
    street: Mapped[str] = mapped_column(String(200))
    po_box: Mapped[str] = mapped_column(String(100))
    postcode: Mapped[str] = mapped_column(String(10))
    town: Mapped[str] = mapped_column(String(100))
    department: Mapped[str] = mapped_column(String(3))
