"""Finds the issuer of an artifact. SAML V2.0 Bindings section 3.6.4.1: a SourceID is the SHA-1 of an entity id."""

from collections.abc import Mapping
from hashlib import sha1

from sqlalchemy import select

from config.sql.database import Database
from config.sql.versioned_cache import Revisions, VersionedCache
from relying_parties.registry.lookup import REVISION
from relying_parties.registry.models import SamlServiceProviderRow


def source_id(entity_id: str) -> bytes:
    """The SHA-1 that the standard prescribes. It only finds an entity: signatures prove who sent a message."""
    return sha1(entity_id.encode(), usedforsecurity=False).digest()


class ArtifactSources:
    """The registered service providers by their SourceID.

    All are read together at the first use, and again when the registry changes, so
    that an unknown SourceID costs no database read. Ten thousand take 3 MB.
    """

    def __init__(self, database: Database, revisions: Revisions) -> None:
        self._database = database
        self._all = VersionedCache(revisions, REVISION, self._read, size=1)

    def entity_id(self, source: bytes) -> str | None:
        return (self._all.get("all") or {}).get(source)

    def _read(self, _: str) -> Mapping[bytes, str]:
        with self._database.reading() as connection:
            return {
                source_id(entity_id): entity_id
                for entity_id in connection.scalars(select(SamlServiceProviderRow.entity_id))
            }
