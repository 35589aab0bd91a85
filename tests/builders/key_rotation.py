"""Signing keys and SAML applications that are pinned to them, for tests of key rotation."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import time_machine
from sqlalchemy import select

from config.audit.trail import Audit, AuditEvent
from config.encryption import KeyEncryption
from config.sql.database import Database
from config.sql.versioned_cache import Revisions
from idp.keys.key_ring import Algorithm, KeyRing, KeyState
from idp.keys.key_rotation import KeyRotation
from idp.keys.signing_keys import SigningKeys
from idp.keys.sp_key_pins import KeysInUseCache, Pin, RemainingStep
from relying_parties.registration.saml_sp import MetadataKind, MetadataOrigin, SamlServiceProvider
from relying_parties.registry.application import Application
from relying_parties.registry.registry import Registry
from relying_parties.sp_metadata.service_provider import Binding, Endpoint, ServiceProvider
from tests.builders.operators import OPERATOR
from tests.builders.registry import a_registration

BEGINNING = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
WEEK = timedelta(days=7)  # how long our metadata is good
EIGHT_DAYS = timedelta(days=8)  # a copy of it counts from the end of the day it was made on


def saml_terms(name: str, **changes: Any) -> SamlServiceProvider:
    """The registration of a service provider with this name and one assertion consumer service."""
    service_provider = ServiceProvider(
        entity_id=f"https://{name}.exemple.test/saml/metadata",
        assertion_consumer_services=(
            Endpoint(binding=Binding.POST, location=f"https://{name}.exemple.test/saml/acs", index=0, is_default=True),
        ),
    )
    origin = MetadataOrigin(kind=MetadataKind.FILE, where=f"{name}.xml")
    return SamlServiceProvider(**({"service_provider": service_provider, "metadata": origin} | changes))


@dataclass(slots=True)
class Region:
    """An identity provider's keys and registry over `database`, and an operator whose clock is `now`."""

    database: Database
    keys: SigningKeys
    registry: Registry
    key_rotation: KeyRotation
    keys_in_use: KeysInUseCache
    now: datetime = BEGINNING
    waited: float = 0.0

    @classmethod
    def create(cls, database: Database, encryption: KeyEncryption) -> "Region":
        revisions, audit = Revisions(database, checked_every=timedelta(0)), Audit(database)
        keys = SigningKeys(database, revisions, encryption, audit, host="id.exemple.test")
        key_rotation = KeyRotation(database, keys, audit, metadata_lifetime=WEEK, wait=lambda _: None)
        registry, keys_in_use = Registry(database, revisions, audit), KeysInUseCache(database, revisions)
        region = cls(database, keys, registry, key_rotation, keys_in_use)
        with time_machine.travel(region.now, tick=False):
            keys.ensure()
        return region

    def later(self, by: timedelta) -> None:
        self.now += by

    def registers(self, name: str, **terms: Any) -> Application:
        registration = a_registration(name=name, identifier=name, oidc=None, saml=saml_terms(name, **terms))
        with time_machine.travel(self.now, tick=False):
            return self.registry.declare(registration, actor=OPERATOR).application

    def rotates(self, **how: bool) -> None:
        with time_machine.travel(self.now, tick=False):
            self.key_rotation.rotate(actor=OPERATOR, now=self.now, **how)

    def cuts_over(self, name: str, *, to: str = "") -> None:
        self.key_rotation.cut_over(name, actor=OPERATOR, now=self.now, to=to)

    def updates_followers(self) -> int:
        return self.key_rotation.update_followers(self.now)

    # --- the state -------------------------------------------------------------------

    @property
    def ring(self) -> KeyRing:
        return self.keys.ring()

    def kid(self, state: KeyState, algorithm: Algorithm = Algorithm.RS256) -> str:
        descriptions = self.keys.descriptions()
        return next(key.kid for key in descriptions if (key.algorithm, key.state) == (algorithm, state))

    def answers_with(self, name: str) -> str:
        """The key that a worker signs its answers with."""
        application = self.registry.named(name)
        algorithm = application.saml_sp.signature_algorithm
        return self.ring.saml_identity(application.saml_signing_kid, algorithm).kid

    def certificates_published(self) -> list[str]:
        """The kids of the certificates in our metadata."""
        return [key.identity.kid for key in self.ring.published_for_saml(self.keys_in_use.get())]

    def pin(self, name: str) -> Pin:
        return next(pin for pin in self.key_rotation.key_pins().pins if pin.name == name)

    def remaining_step(self, name: str) -> RemainingStep:
        key_pins = self.key_rotation.key_pins()
        return key_pins.remaining_step(next(pin for pin in key_pins.pins if pin.name == name))

    def trail(self) -> list[str]:
        with self.database.reading() as connection:
            return list(connection.scalars(select(AuditEvent.kind).order_by(AuditEvent.id)))
