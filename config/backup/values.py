"""The JSON form of a column's value in a backup: the same for SQLite and PostgreSQL."""

from base64 import b64decode, b64encode
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, BigInteger, Boolean, Column, Date, Integer, LargeBinary, String
from sqlalchemy.types import TypeEngine

from config.sql.declarative import UtcDateTime


class Kind(StrEnum):
    """The type of a column's values, as a backup names it."""

    TEXT = "text"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    DATE = "date"
    INSTANT = "instant"
    BYTES = "bytes"
    JSON = "json"

    def column_type(self) -> TypeEngine[Any]:
        """The SQLAlchemy type with which a restore inserts such a value."""
        match self:
            case Kind.TEXT:
                return String()
            case Kind.INTEGER:
                return BigInteger()
            case Kind.BOOLEAN:
                return Boolean()
            case Kind.DATE:
                return Date()
            case Kind.INSTANT:
                return UtcDateTime()
            case Kind.BYTES:
                return LargeBinary()
            case Kind.JSON:
                return JSON(none_as_null=True)


def kind_of(column: Column[Any]) -> Kind:
    """The kind of `column`. A test calls this for every column of every table.

    Raises:
        TypeError: the column has a type that backups do not support yet.
    """
    found = column.type
    for types, kind in (
        (UtcDateTime, Kind.INSTANT),
        (Date, Kind.DATE),
        (LargeBinary, Kind.BYTES),
        (JSON, Kind.JSON),
        (Boolean, Kind.BOOLEAN),
        (Integer, Kind.INTEGER),
        (String, Kind.TEXT),
    ):
        if isinstance(found, types):
            return kind
    raise TypeError(f"{column}: backups do not support the type {found!r}")


def encode_value(kind: Kind, value: Any) -> Any:
    if value is None:
        return None
    match kind:
        case Kind.DATE | Kind.INSTANT:
            return value.isoformat()
        case Kind.BYTES:
            return b64encode(value).decode("ascii")
        case Kind.TEXT:
            return str(value)
    return value


def decode_value(kind: Kind, value: Any) -> Any:
    if value is None:
        return None
    match kind:
        case Kind.DATE:
            return date.fromisoformat(value)
        case Kind.INSTANT:
            return datetime.fromisoformat(value)
        case Kind.BYTES:
            return b64decode(value)
    return value
