"""Registered applications as the registry gives them, without a database."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from relying_parties.registration.registration import Terms
from relying_parties.registry.application import Application, SecretFingerprint, fingerprint
from tests.builders.registry import a_registration

REGISTERED_AT = datetime(2026, 1, 5, 9, tzinfo=UTC)


def an_application(*, secret: str | None = None, is_suspended: bool = False, **changes: Any) -> Application:
    """The DCC, or whatever `changes` make of its registration."""
    registration = a_registration(**changes)
    return Application(
        id="1",
        identifier=registration.identifier or registration.name,
        logo=None,
        registered_at=REGISTERED_AT,
        amended_at=REGISTERED_AT,
        suspended_at=REGISTERED_AT if is_suspended else None,
        secrets=() if secret is None else (SecretFingerprint(digest=fingerprint(secret)),),
        **{name: getattr(registration, name) for name in Terms.__dataclass_fields__},
    )


class OneApplication:
    """A registry of one application."""

    def __init__(self, application: Application) -> None:
        self.application = application

    def by_client_id(self, client_id: str) -> Application | None:
        return self.application if client_id == self.application.client_id else None

    def suspends(self) -> None:
        self.application = replace(self.application, suspended_at=REGISTERED_AT)
