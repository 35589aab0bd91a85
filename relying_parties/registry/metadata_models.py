"""The rows of service providers' metadata: the sources they come from, what an aggregate held, how refreshing goes.

What an application is answered with is not here but in its own row (`models.py`):
these are read when a registration is made and by the background process only.
"""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Enum, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from relying_parties.registry.declarative_base import Base


class SourceKind(StrEnum):
    """What a source publishes: one document with every entity, or an answer for each (the Metadata Query Protocol)."""

    AGGREGATE = "aggregate"
    MDQ = "mdq"


class Refreshing:
    """How refreshing goes, of whatever is fetched. `last_error` is a fault's word; it is empty when all went well.

    `etag` and `last_modified` are what the server gave with the last good document.
    """

    refreshed_at: Mapped[datetime | None]
    next_at: Mapped[datetime]
    failures: Mapped[int]
    last_error: Mapped[str] = mapped_column(String(40))
    etag: Mapped[str] = mapped_column(String(200))
    last_modified: Mapped[str] = mapped_column(String(200))


class MetadataSource(Refreshing, Base):
    """A publisher of metadata, and the certificates (PEM) that it signs with.

    `valid_until`, `published_at` and `entities` are an aggregate's: what it said when it was last taken.
    """

    __tablename__ = "metadata_source"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    kind: Mapped[SourceKind] = mapped_column(
        Enum(SourceKind, native_enum=False, length=40, values_callable=lambda words: [str(word) for word in words])
    )
    url: Mapped[str] = mapped_column(String(1000))
    certificate: Mapped[str] = mapped_column(Text)
    added_at: Mapped[datetime]
    valid_until: Mapped[datetime | None]
    published_at: Mapped[datetime | None]
    entities: Mapped[int]


class MetadataEntity(Base):
    """A service provider of an aggregate, verified; in force until the sooner of its own end and its source's."""

    __tablename__ = "metadata_entity"

    source: Mapped[str] = mapped_column(ForeignKey("metadata_source.name"), primary_key=True)
    entity_id: Mapped[str] = mapped_column(String(1024), primary_key=True)
    xml: Mapped[str] = mapped_column(Text)
    digest: Mapped[str] = mapped_column(String(64))
    valid_until: Mapped[datetime | None]


class ApplicationMetadata(Refreshing, Base):
    """Of an application whose metadata is fetched. `digest` is the entity's that it last took from an aggregate."""

    __tablename__ = "application_metadata"

    identifier: Mapped[str] = mapped_column(String(64), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64))
