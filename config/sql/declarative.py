"""What tables are declared with, and the base of those that every service's database has.

A package declares its tables on a base of its own:

    class Base(DeclarativeBase):
        metadata = new_metadata()
        type_annotation_map = COLUMN_TYPES

The audit trail, the jobs and the revisions are declared once, on `SharedBase`: a
mapped class belongs to no database, and each service's migrations create the
tables in its own. `all_tables` gathers what one database holds.
"""

from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import DateTime, Dialect, MetaData
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import TypeDecorator

NAMING_CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class UtcDateTime(TypeDecorator[datetime]):
    """An instant. Only aware datetimes go in, only UTC ones come out, on every database."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a datetime without a time zone is not an instant")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


COLUMN_TYPES: Final[dict[Any, Any]] = {datetime: UtcDateTime}
"""The `type_annotation_map` of every base."""


def new_metadata() -> MetaData:
    """The metadata of a base: its constraints have the same names in every database."""
    return MetaData(naming_convention=NAMING_CONVENTION)


class SharedBase(DeclarativeBase):
    """The base of the tables that every service's database has."""

    metadata = new_metadata()
    type_annotation_map = COLUMN_TYPES


def all_tables(*bases: type[DeclarativeBase]) -> MetaData:
    """The tables of several bases as those of one database. Listeners with `propagate` are kept."""
    together = new_metadata()
    for base in bases:
        for table in base.metadata.sorted_tables:
            table.to_metadata(together)
    return together
