"""The tables of the national register: each extract that was imported, and the people it names.

People are kept by extract, so that those of the current one serve until the next one is
whole. A person practises at several places: each is a row of `RegisterPractice`.
"""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from enrollment.database import Base


class RegisterExtract(Base):
    """A file of the register: how far it has been read, and whether it is the one that serves."""

    __tablename__ = "register_extract"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    file_name: Mapped[str] = mapped_column(String(255))
    digest: Mapped[str] = mapped_column(String(64), index=True)  # SHA-256 of the file
    extracted_at: Mapped[datetime | None]  # as its name says
    started_at: Mapped[datetime]
    lines_read: Mapped[int] = mapped_column(default=0)
    position: Mapped[int] = mapped_column(
        BigInteger, default=0
    )  # octets read: where an import that was stopped goes on
    completed_at: Mapped[datetime | None]
    is_current: Mapped[bool] = mapped_column(default=False)


class RegisterPerson(Base):
    """A professional, as one extract has them."""

    __tablename__ = "register_person"

    extract_id: Mapped[int] = mapped_column(ForeignKey("register_extract.id", ondelete="CASCADE"), primary_key=True)
    rpps: Mapped[str] = mapped_column(String(32), primary_key=True)
    family_name: Mapped[str] = mapped_column(String(120))
    given_name: Mapped[str] = mapped_column(String(120))
    folded_name: Mapped[str] = mapped_column(String(250))
    civility: Mapped[str] = mapped_column(String(8))
    title: Mapped[str] = mapped_column(String(8))
    profession: Mapped[str] = mapped_column(String(8))
    category: Mapped[str] = mapped_column(String(8))  # TRE_R09

    __table_args__ = (Index(None, "extract_id", "folded_name"),)


class RegisterPractice(Base):
    """A place where a professional practises."""

    __tablename__ = "register_practice"

    extract_id: Mapped[int] = mapped_column(ForeignKey("register_extract.id", ondelete="CASCADE"), primary_key=True)
    rpps: Mapped[str] = mapped_column(String(32), primary_key=True)
    line: Mapped[int] = mapped_column(primary_key=True)  # of the file: an import that goes on writes none twice
    structure: Mapped[str] = mapped_column(String(255))
    finess: Mapped[str] = mapped_column(String(16))
    postcode: Mapped[str] = mapped_column(String(12))
    town: Mapped[str] = mapped_column(String(120))
