"""Finds the registered service provider that sent a message, and decides whether it may be answered."""

from datetime import UTC, datetime

from idp.saml.errors import SamlFault
from idp.web.untrusted_request import UntrustedRequest
from relying_parties.registry.application import Application
from relying_parties.registry.registry import Registry


def active_service_provider(registry: Registry, entity_id: str, now: datetime) -> Application:
    """The active service provider with this entityID: Profiles, sections 4.1.4.1 and 4.4.4.

    Raises:
        UntrustedRequest: it is not registered, is suspended, or its metadata have expired.
    """
    application = registered_service_provider(registry, entity_id)
    require_active(application, now)
    return application


def registered_service_provider(registry: Registry, entity_id: str) -> Application:
    """The service provider with this entityID, even if it is suspended.

    Raises:
        UntrustedRequest: it is not registered.
    """
    application = registry.by_entity_id(entity_id)
    if application is None:
        raise UntrustedRequest(SamlFault.ISSUER_UNKNOWN, received=entity_id[:500])
    return application


def is_active(application: Application, now: datetime) -> bool:
    """Whether the application is not suspended and its metadata have not expired."""
    return not application.is_suspended and not is_expired(application, now)


def is_expired(application: Application, now: datetime) -> bool:
    """Whether the metadata have expired: Metadata, section 2.3.2."""
    valid_until = application.saml_sp.service_provider.valid_until
    return valid_until is not None and valid_until <= now.astimezone(UTC)


def require_active(application: Application, now: datetime) -> None:
    """Require that the application may be answered.

    Raises:
        UntrustedRequest: it is suspended, or its metadata have expired.
    """
    if application.is_suspended:
        raise _refused(SamlFault.APPLICATION_SUSPENDED, application)
    require_unexpired(application, now)


def require_unexpired(application: Application, now: datetime) -> None:
    """Require that the metadata have not expired. A suspended application may still request a logout.

    Raises:
        UntrustedRequest: the metadata have expired.
    """
    if is_expired(application, now):
        raise _refused(SamlFault.METADATA_EXPIRED, application)


def _refused(fault: SamlFault, application: Application) -> UntrustedRequest:
    return UntrustedRequest(fault, received=application.identifier, home_url=application.home_url)
