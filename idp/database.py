"""The base that the identity provider's own tables are declared on.

Connections and transactions are in `config/sql/database.py`; the history of the tables is in `idp/migrations`.
"""

from sqlalchemy.orm import DeclarativeBase

from config.sql.declarative import COLUMN_TYPES, new_metadata


class Base(DeclarativeBase):
    """The base of the tables that only the identity provider has."""

    metadata = new_metadata()
    type_annotation_map = COLUMN_TYPES
