"""The declarative base of the registry's tables, which the identity provider's migrations create."""

from sqlalchemy.orm import DeclarativeBase

from config.sql.declarative import COLUMN_TYPES, new_metadata


class Base(DeclarativeBase):
    """The base of the tables of relying parties and of their metadata."""

    metadata = new_metadata()
    type_annotation_map = COLUMN_TYPES
