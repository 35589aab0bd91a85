"""The service providers of the last verified documents of aggregates.

An aggregate is written in batches, each its own transaction, so that logins do not wait behind ten thousand entities.
After each batch every stored entity is verified, and none is valid for longer than its source allowed.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from sqlalchemy import case, delete, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from config.sql.database import Database
from relying_parties.registry.metadata_models import MetadataEntity, MetadataSource

ROWS_AT_ONCE = 500

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredEntity:
    """A verified service provider of an aggregate. `valid_until` is its own end, or its source's if that is sooner."""

    entity_id: str
    xml: str
    digest: str
    valid_until: datetime | None


_UNTIL = case(
    (MetadataEntity.valid_until.is_(None), MetadataSource.valid_until),
    (MetadataSource.valid_until < MetadataEntity.valid_until, MetadataSource.valid_until),
    else_=MetadataEntity.valid_until,
)


class AggregateEntities:
    """The entities of each aggregate, named by its source and their entity id."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, source: str, entity_id: str) -> StoredEntity | None:
        """A service provider of an aggregate, which may have expired; None when the aggregate does not have it."""
        statement = (
            select(MetadataEntity.xml, MetadataEntity.digest, _UNTIL.label("until"))
            .join_from(MetadataEntity, MetadataSource)
            .where(MetadataEntity.source == source, MetadataEntity.entity_id == entity_id)
        )
        with self._database.reading() as connection:
            row = connection.execute(statement).first()
        if row is None:
            return None
        return StoredEntity(entity_id=entity_id, xml=row.xml, digest=row.digest, valid_until=row.until)

    def digests(self, source: str) -> dict[str, tuple[str, datetime | None]]:
        """The digest and the own end of validity of each stored entity, by entity id."""
        statement = select(MetadataEntity.entity_id, MetadataEntity.digest, MetadataEntity.valid_until).where(
            MetadataEntity.source == source
        )
        with self._database.reading() as connection:
            return {row.entity_id: (row.digest, row.valid_until) for row in connection.execute(statement)}

    def store(self, source: str, entities: Iterable[StoredEntity]) -> int:
        """Insert or replace verified entities; return their number."""
        written = 0
        for batch in in_batches(entities):
            rows = [
                {
                    "source": source,
                    "entity_id": each.entity_id,
                    "xml": each.xml,
                    "digest": each.digest,
                    "valid_until": each.valid_until,
                }
                for each in batch
            ]
            with self._database.transaction() as session:
                dialect = sqlite if self._database.is_sqlite else postgresql
                statement = dialect.insert(MetadataEntity).values(rows)
                replaced = {name: statement.excluded[name] for name in ("xml", "digest", "valid_until")}
                session.execute(
                    statement.on_conflict_do_update(
                        index_elements=[MetadataEntity.source, MetadataEntity.entity_id], set_=replaced
                    )
                )
            written += len(rows)
        return written

    def delete(self, source: str, entity_ids: Iterable[str]) -> None:
        """Delete the entities that the aggregate no longer has."""
        for batch in in_batches(entity_ids):
            with self._database.transaction() as session:
                session.execute(
                    delete(MetadataEntity).where(MetadataEntity.source == source, MetadataEntity.entity_id.in_(batch))
                )

    def limit_validity(self, source: str, entity_ids: Iterable[str], until: datetime) -> None:
        """End the validity of stored entities at `until`.

        The new aggregate has unusable metadata for them. The earlier metadata stays, but must not gain the validity
        of the new aggregate.
        """
        for batch in in_batches(entity_ids):
            with self._database.transaction() as session:
                session.execute(
                    update(MetadataEntity)
                    .where(
                        MetadataEntity.source == source,
                        MetadataEntity.entity_id.in_(batch),
                        or_(MetadataEntity.valid_until.is_(None), MetadataEntity.valid_until > until),
                    )
                    .values(valid_until=until)
                )


def in_batches(items: Iterable[Item], size: int = ROWS_AT_ONCE) -> Iterator[list[Item]]:
    batch: list[Item] = []
    for item in items:
        batch.append(item)
        if len(batch) >= size:
            yield batch
            batch = []
    if batch:
        yield batch
