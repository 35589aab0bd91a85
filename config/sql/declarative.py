"""The building blocks of table declarations, and the base of the tables that every service has.

A package declares its tables on a base of its own:

    class Base(DeclarativeBase):
        metadata = new_metadata()
        type_annotation_map = COLUMN_TYPES

The audit trail, the jobs and the revisions are declared once, on `SharedBase`. A mapped class belongs to no database:
the migrations of each service create its tables in the service's own. `all_tables` collects the tables of one database.
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
    """An instant: accepts only aware datetimes, and returns them in UTC, on every database."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("the datetime has no time zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


COLUMN_TYPES: Final[dict[Any, Any]] = {datetime: UtcDateTime}
"""The `type_annotation_map` of every base."""


def new_metadata() -> MetaData:
    """The metadata of a base, with a naming convention for constraints."""
    return MetaData(naming_convention=NAMING_CONVENTION)


class SharedBase(DeclarativeBase):
    """The base of the tables that every service's database has."""

    metadata = new_metadata()
    type_annotation_map = COLUMN_TYPES


def all_tables(*bases: type[DeclarativeBase]) -> MetaData:
    """The tables of several bases in one metadata object. Listeners with `propagate` are kept."""
    combined = new_metadata()
    for base in bases:
        for table in base.metadata.sorted_tables:
            table.to_metadata(combined)
    return combined
