"""A publisher of metadata on a loopback socket, and the desk that fetches from it."""

import gzip
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from config.audit.trail import Audit
from config.http_client import Outgoing
from config.sql.database import Database
from config.sql.versioned_cache import Revisions
from idp.saml.sp_metadata.fetching import Fetcher
from idp.saml.sp_metadata.lookup import MetadataOrigins
from idp.saml.sp_metadata.refresh import MetadataRefresh
from idp.saml.sp_metadata.service import MetadataDesk
from relying_parties.registration.saml_sp import MetadataKind, MetadataOrigin
from relying_parties.registry.application import Application
from relying_parties.registry.registry import Registry
from relying_parties.sp_metadata.models import SourceKind
from relying_parties.sp_metadata.refresh_state import Follower, Followers
from relying_parties.sp_metadata.sources import MetadataSources
from tests.actors.server import Received, Said, Server, a_server
from tests.builders_metadata import Signer, a_signer
from tests.builders_saml import a_saml_registration


@dataclass(slots=True)
class Publisher:
    """A server of documents, by their path; each has an ETag, and is sent by gzip to whoever takes it."""

    server: Server
    documents: dict[str, bytes | Said | Callable[[Received], Said]] = field(default_factory=dict)

    def publishes(self, document: bytes | Said | Callable[[Received], Said], at: str = "/metadata") -> str:
        """The address of `document` from now on."""
        self.documents[at] = document
        return self.server.address + at

    def answers_about(self, entity_id: str, document: bytes) -> None:
        """By the Metadata Query Protocol; the base is the server's address."""
        self.documents[f"/entities/{quote(entity_id, safe='')}"] = document

    def says(self, came: Received) -> Said:
        found = self.documents.get(came.path)
        if found is None:
            return Said(status=404)
        if isinstance(found, Said):
            return found
        if callable(found):
            return found(came)
        etag = f'"{hash(found)}"'
        if came.headers.get("If-None-Match") == etag:
            return Said(status=304)
        return Said(
            body=gzip.compress(found, 1), headers={"ETag": etag, "Content-Encoding": "gzip"},
            content_type="application/samlmetadata+xml",
        )  # fmt: skip

    @property
    def asked(self) -> list[str]:
        """The paths that were asked for."""
        return [came.path for came in self.server.received]


@dataclass(frozen=True, slots=True)
class MetadataOffice:
    """The registry and the desk over one database, in development: plain http to this machine."""

    registry: Registry
    desk: MetadataDesk

    def registers(self, origin: MetadataOrigin, entity_id: str, name: str = "messagerie", **terms: Any) -> Application:
        """An application whose metadata come from `origin`, as they are there now."""
        fetched = self.desk.origins.fetch(origin, entity_id)
        registration = a_saml_registration(name=name, identifier=name, metadata=origin, **terms)
        saml = replace(registration.saml, service_provider=fetched.service_provider)
        complete = replace(registration, saml=saml, metadata_xml=fetched.xml)
        return self.registry.register(complete, actor="test")[0]

    def source(self, name: str, url: str, *, kind: SourceKind = SourceKind.AGGREGATE, by: Signer | None = None) -> None:
        self.desk.declare_source(name, kind, url, (by or a_signer()).pem)

    def follower(self, name: str = "messagerie") -> Follower:
        found = self.desk.followers.named(name)
        assert found is not None
        return found


def by_url(address: str, by: Signer | None = None) -> MetadataOrigin:
    return MetadataOrigin(kind=MetadataKind.URL, where=address, certificate=(by or a_signer()).pem)


def by_source(name: str) -> MetadataOrigin:
    return MetadataOrigin(kind=MetadataKind.SOURCE, where=name)


def a_desk(database: Database, folder: Path, *, within: timedelta = timedelta(seconds=10)) -> MetadataOffice:
    """`within`: how long a fetch may take."""
    audit = Audit(database)
    registry = Registry(database, Revisions(database, checked_every=timedelta(0)), audit)
    sources, followers = MetadataSources(database, audit), Followers(database, audit)
    fetcher = Fetcher(outgoing=Outgoing(within=within, loopback=True), loopback_http=True)
    ceiling = timedelta(days=90)
    origins = MetadataOrigins(sources, fetcher, ceiling=ceiling)
    refresh = MetadataRefresh(
        sources=sources, followers=followers, origins=origins, registry=registry, fetcher=fetcher, folder=folder,
        ceiling=ceiling,
    )  # fmt: skip
    desk = MetadataDesk(
        sources=sources, followers=followers, origins=origins, refresh=refresh, fetcher=fetcher, folder=folder,
        ceiling=ceiling,
    )  # fmt: skip
    return MetadataOffice(registry, desk)


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    with a_server() as server:
        publisher = Publisher(server)
        server.says = publisher.says
        yield publisher


@pytest.fixture
def office(database: Database, tmp_path: Path) -> MetadataOffice:
    return a_desk(database, tmp_path)
