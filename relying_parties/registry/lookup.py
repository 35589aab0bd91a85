"""Finds registered applications. What was read is cached until the registry's revision changes.

The protocols look applications up by client_id or entity id, operators by name.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, bindparam, select

from config.logos import Logo
from config.sql.database import Database
from config.sql.versioned_cache import Revisions, VersionedCache, its_key
from relying_parties.problems import NoSuchApplication, shown
from relying_parties.registration.registration import is_identifier, is_name
from relying_parties.registry.application import Application
from relying_parties.registry.mapping import (
    APPLICATION,
    PUBLIC_CLIENTS,
    application_of_row,
    origins_of_row,
    unknown_application,
)
from relying_parties.registry.models import OidcClientRow, RelyingParty, SamlServiceProviderRow
from relying_parties.sp_metadata.service_provider import could_be_entity_id

REVISION = "registry"
ORIGINS_REVISION = "registry-origins"

# Built once: to SQLAlchemy, a new statement with so many columns costs more than SQLite's answer to it.
_BY_NAME = APPLICATION.where(RelyingParty.name == bindparam("by"))
_BY_IDENTIFIER = APPLICATION.where(RelyingParty.identifier == bindparam("by"))
_WITH_BACK_CHANNEL = (
    select(RelyingParty.identifier, RelyingParty.attributes)
    .join(OidcClientRow, OidcClientRow.relying_party_id == RelyingParty.id)
    .where(OidcClientRow.backchannel_logout_uri != "")
    .order_by(RelyingParty.name)
)
_BY_ENTITY_ID = APPLICATION.where(SamlServiceProviderRow.entity_id == bindparam("by"))


class ApplicationLookup:
    """The registered applications, for reading. The cache holds `cache_size` applications."""

    def __init__(self, database: Database, revisions: Revisions, *, cache_size: int = 1000) -> None:
        self._database = database
        self._applications = VersionedCache(
            revisions, REVISION, self._read_by_identifier, size=cache_size, concerned_as=its_key
        )
        self._service_providers = VersionedCache(
            revisions,
            REVISION,
            self._read_by_entity_id,
            size=cache_size,
            concerned_as=lambda _, found: found.identifier,
        )
        self._origins = VersionedCache(revisions, ORIGINS_REVISION, self._read_public_origins, size=1)
        self._told = VersionedCache(revisions, REVISION, self._read_told, size=10)
        self._logos = VersionedCache(revisions, REVISION, self._read_logo, size=100, concerned_as=its_key)

    def by_identifier(self, identifier: str) -> Application | None:
        """An application of either protocol. Costs at most one indexed read."""
        return self._applications.get(identifier) if is_identifier(identifier) else None

    def by_client_id(self, client_id: str) -> Application | None:
        """An application that uses OpenID Connect. Costs at most one indexed read."""
        found = self.by_identifier(client_id)
        return found if found is not None and found.oidc is not None else None

    def by_entity_id(self, entity_id: str) -> Application | None:
        """An application that uses SAML. Costs at most one indexed read."""
        return self._service_providers.get(entity_id) if could_be_entity_id(entity_id) else None

    def by_name(self, name: str) -> Application | None:
        return self._read(_BY_NAME, name) if is_name(name) else None

    def named(self, name: str) -> Application:
        """The application whose name, identifier (client_id) or entity id is `name`.

        Raises:
            NoSuchApplication
        """
        found = self.by_name(name) or (self._read_by_identifier(name) if is_identifier(name) else None)
        if found is None and could_be_entity_id(name):
            found = self._read_by_entity_id(name)
        if found is None:
            raise unknown_application(name)
        return found

    def list(self, *, after: str = "", limit: int = 100) -> Sequence[Application]:
        """The applications that follow the name `after`, in the order of names. Each page costs the same."""
        if after and not is_name(after):
            raise NoSuchApplication(f"no application has the name {shown(after)}")
        statement = APPLICATION.where(RelyingParty.name > after).order_by(RelyingParty.name).limit(limit)
        with self._database.reading() as connection:
            return [application_of_row(row) for row in connection.execute(statement)]

    def logo(self, name: str) -> Logo | None:
        """The logo of an application, checked when it was registered (`config/logos.py`)."""
        return self._logos.get(name) if is_name(name) else None

    def public_origins(self) -> frozenset[str]:
        """The origins of all public clients that are not suspended, whose pages may read our answers.

        A browser's preflight request does not name the client, so all origins are read together.
        """
        return self._origins.get("") or frozenset()

    def receiving(self, attribute: str) -> Sequence[str]:
        """The identifiers of the applications that receive this attribute and have a back-channel logout address."""
        return self._told.get(attribute) or ()

    def _read_told(self, attribute: str) -> tuple[str, ...]:
        with self._database.reading() as connection:
            return tuple(
                row.identifier for row in connection.execute(_WITH_BACK_CHANNEL) if attribute in row.attributes
            )

    def _read_by_identifier(self, identifier: str) -> Application | None:
        return self._read(_BY_IDENTIFIER, identifier)

    def _read_by_entity_id(self, entity_id: str) -> Application | None:
        return self._read(_BY_ENTITY_ID, entity_id)

    def _read(self, statement: Select[Any], by: str) -> Application | None:
        with self._database.reading() as connection:
            row = connection.execute(statement, {"by": by}).first()
        return application_of_row(row) if row else None

    def _read_public_origins(self, _: str) -> frozenset[str]:
        with self._database.reading() as connection:
            return frozenset(origin for row in connection.execute(PUBLIC_CLIENTS) for origin in origins_of_row(row))

    def _read_logo(self, name: str) -> Logo | None:
        statement = select(RelyingParty.logo_type, RelyingParty.logo).where(RelyingParty.name == name)
        with self._database.reading() as connection:
            row = connection.execute(statement).first()
        return Logo(media_type=row.logo_type, content=row.logo) if row and row.logo is not None else None
