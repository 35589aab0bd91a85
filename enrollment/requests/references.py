"""References of requests, `INS-2026-000001`: unique, in order within a year, also when several nodes ask at once.

The counter's row is locked until the caller's transaction ends, so that numbers
follow the order of commits and a transaction that fails gives its number back.
"""

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Mapped, Session, mapped_column

from config.sql.upsert import insert_or_update
from enrollment.database import Base

PREFIX = "INS"


class ReferenceCounter(Base):
    """The last number given in a year."""

    __tablename__ = "reference_counter"

    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last: Mapped[int]


def reference_of(year: int, number: int) -> str:
    """The reference of the request with this number in this year."""
    return f"{PREFIX}-{year}-{number:06d}"


def next_reference(session: Session, at: datetime, time_zone: ZoneInfo) -> str:
    """The reference of a request that is sent `at`; its year is that of the region's clocks."""
    year = at.astimezone(time_zone).year
    counted = (
        insert_or_update(session, ReferenceCounter)
        .values(year=year, last=1)
        .on_conflict_do_update(index_elements=["year"], set_={"last": ReferenceCounter.last + 1})
        .returning(ReferenceCounter.last)
    )
    number: int = session.execute(counted).scalar_one()
    return reference_of(year, number)
