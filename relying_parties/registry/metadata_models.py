"""The tables of metadata: its sources, the service providers of an aggregate, and the state of each refresh.

Registrations and the background job read them. A login reads only the application's own row (`models.py`).
"""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Enum, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from relying_parties.registry.declarative_base import Base


class SourceKind(StrEnum):
    """Whether a source publishes one aggregate of all entities, or one document an entity (Metadata Query Protocol)."""

    AGGREGATE = "aggregate"
    MDQ = "mdq"


class Refreshing:
    """The state of a refresh. `last_error` is the code of a fault, empty after a success.

    `etag` and `last_modified` are the validators of the last good document (RFC 9110, section 8.8).
    """

    refreshed_at: Mapped[datetime | None]
    next_at: Mapped[datetime]
    failures: Mapped[int]
    last_error: Mapped[str] = mapped_column(String(40))
    etag: Mapped[str] = mapped_column(String(200))
    last_modified: Mapped[str] = mapped_column(String(200))


class MetadataSource(Refreshing, Base):
    """A publisher of metadata, and the certificates (PEM) that verify its signatures.

    `valid_until`, `published_at` and `entities` (their number) describe the last good aggregate.
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
    """A verified service provider of an aggregate, valid until its own end or its source's, whichever is first."""

    __tablename__ = "metadata_entity"

    source: Mapped[str] = mapped_column(ForeignKey("metadata_source.name"), primary_key=True)
    entity_id: Mapped[str] = mapped_column(String(1024), primary_key=True)
    xml: Mapped[str] = mapped_column(Text)
    digest: Mapped[str] = mapped_column(String(64))
    valid_until: Mapped[datetime | None]


class ApplicationMetadata(Refreshing, Base):
    """The refresh state of an application's metadata. `digest` is that of the aggregate's entity it last took."""

    __tablename__ = "application_metadata"

    identifier: Mapped[str] = mapped_column(String(64), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64))
