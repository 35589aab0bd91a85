"""Which registered service provider a message is from, and whether it may be answered."""

from datetime import UTC, datetime

from idp.saml.errors import SamlFault
from idp.web.untrusted_request import UntrustedRequest
from relying_parties.registry.application import Application
from relying_parties.registry.registry import Registry


def active_service_provider(registry: Registry, entity_id: str, now: datetime) -> Application:
    """Profiles, sections 4.1.4.1 and 4.4.4: the Issuer is the entityID of the service provider.

    Raises:
        UntrustedRequest: it is not registered, is suspended, or its metadata has expired.
    """
    application = registered_service_provider(registry, entity_id)
    require_active(application, now)
    return application


def registered_service_provider(registry: Registry, entity_id: str) -> Application:
    """The same, also while it is suspended.

    Raises:
        UntrustedRequest: it is not registered.
    """
    application = registry.by_entity_id(entity_id)
    if application is None:
        raise UntrustedRequest(SamlFault.ISSUER_UNKNOWN, received=entity_id[:500])
    return application


def is_active(application: Application, now: datetime) -> bool:
    """Whether it is neither suspended nor expired."""
    return not application.is_suspended and not is_expired(application, now)


def is_expired(application: Application, now: datetime) -> bool:
    """Metadata, section 2.3.2: after its validUntil, metadata must not be relied on."""
    valid_until = application.saml_sp.service_provider.valid_until
    return valid_until is not None and valid_until <= now.astimezone(UTC)


def require_active(application: Application, now: datetime) -> None:
    """Refuse an application that must not be answered.

    Raises:
        UntrustedRequest: it is suspended, or its metadata has expired.
    """
    if application.is_suspended:
        raise _refused(SamlFault.APPLICATION_SUSPENDED, application)
    require_unexpired(application, now)


def require_unexpired(application: Application, now: datetime) -> None:
    """For a logout, which a suspended application may still ask for.

    Raises:
        UntrustedRequest: its metadata has expired.
    """
    if is_expired(application, now):
        raise _refused(SamlFault.METADATA_EXPIRED, application)


def _refused(fault: SamlFault, application: Application) -> UntrustedRequest:
    return UntrustedRequest(fault, received=application.identifier, home_url=application.home_url)
