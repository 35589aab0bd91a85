"""The base that the tables of enrollment are declared on.

Connections and transactions are in `config/sql/database.py`; the history of the tables is in `enrollment/migrations`.
"""

from sqlalchemy.orm import DeclarativeBase

from config.sql.declarative import COLUMN_TYPES, new_metadata


class Base(DeclarativeBase):
    """The base of the tables that only enrollment has."""

    metadata = new_metadata()
    type_annotation_map = COLUMN_TYPES
