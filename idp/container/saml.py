"""SAML as `idp/app.py` and `logout.py` need it: one function constructs each part."""

from config.http_client import HttpClient
from idp.container.services import Services
from idp.login.pending import MOST_PROLONGED
from idp.saml.artifact.artifacts import Artifacts
from idp.saml.artifact.fetching import ArtifactFetching
from idp.saml.artifact.resolution import ArtifactResolution
from idp.saml.pysaml2.adapter import SamlProvider
from idp.saml.replay import ReplayCache
from idp.saml.sign_encrypt import Protection
from idp.saml.slo.logout import SamlLogout
from idp.saml.slo.reader import LogoutReader
from idp.saml.sso.authn_request import RequestReader
from idp.saml.sso.name_ids import NameIds
from idp.saml.sso.protocol import SamlProtocol


def saml_protocol(services: Services, provider: SamlProvider) -> SamlProtocol:
    """SAML as a login protocol."""
    settings = services.settings
    keys = services.encryption
    names = NameIds(
        entity_id=settings.saml_name,
        scope=settings.saml_domain,
        subjects=services.subjects,
        key=lambda: keys.derived(keys.first_id, "saml identifiers"),
    )
    return SamlProtocol(
        reader=RequestReader(
            address=f"{settings.issuer}/saml/sso",
            ecp_address=f"{settings.issuer}/saml/ecp",
            entity_id=settings.saml_name,
            provider=provider,
            registry=services.registry,
            names=names,
            replay_cache=replay_cache(services),
            decryption_keys=lambda: services.keys.ring().decryption_keys,
            lifetime=settings.saml_request_lifetime,
            skew=settings.saml_clock_skew,
        ),
        provider=provider,
        names=names,
        sessions=services.sessions,
        store=services.store,
        artifacts=saml_artifacts(services),
        protection=protection(services),
        assertion_lifetime=settings.saml_assertion_lifetime,
        login_lifetime=settings.pending_login_lifetime * MOST_PROLONGED,
    )


def protection(services: Services) -> Protection:
    """Signs and encrypts for each application."""
    return Protection(lambda kid, algorithm: services.keys.ring().saml_identity(kid, algorithm))


def saml_artifacts(services: Services) -> Artifacts:
    """Issues and redeems our artifacts."""
    settings = services.settings
    return Artifacts(
        services.store,
        services.encryption,
        entity_id=settings.saml_name,
        lifetime=settings.saml_artifact_lifetime,
        refusals_lifetime=settings.pending_login_lifetime,
    )


def artifact_resolution(services: Services) -> ArtifactResolution:
    """Resolves our artifacts for service providers."""
    settings = services.settings
    return ArtifactResolution(
        address=f"{settings.issuer}/saml/artifact",
        entity_id=settings.saml_name,
        registry=services.registry,
        sessions=services.sessions,
        artifacts=saml_artifacts(services),
        replay_cache=replay_cache(services),
        protection=protection(services),
        lifetime=settings.saml_request_lifetime,
        skew=settings.saml_clock_skew,
    )


def artifact_fetching(services: Services) -> ArtifactFetching:
    """Fetches the requests behind the artifacts of service providers."""
    settings = services.settings
    return ArtifactFetching(
        entity_id=settings.saml_name,
        registry=services.registry,
        sources=services.artifact_sources,
        replay_cache=replay_cache(services),
        throttle=services.throttle,
        http_client=HttpClient(within=settings.application_answers_within, loopback=settings.is_development),
        protection=protection(services),
        at_once=max(1, settings.threads - 1),
        lifetime=settings.saml_request_lifetime,
        skew=settings.saml_clock_skew,
    )


def logout_reader(services: Services) -> LogoutReader:
    """Reads logout messages."""
    settings = services.settings
    return LogoutReader(
        address=f"{settings.issuer}/saml/logout",
        soap_address=f"{settings.issuer}/saml/logout/soap",
        entity_id=settings.saml_name,
        registry=services.registry,
        sessions=services.sessions,
        replay_cache=replay_cache(services),
        decryption_keys=lambda: services.keys.ring().decryption_keys,
        lifetime=settings.saml_request_lifetime,
        skew=settings.saml_clock_skew,
    )


def saml_logout(services: Services) -> SamlLogout:
    """SAML as a protocol of single logout."""
    settings = services.settings
    return SamlLogout(
        entity_id=settings.saml_name,
        reader=logout_reader(services),
        protection=protection(services),
        http_client=HttpClient(within=settings.application_answers_within, loopback=settings.is_development),
        lifetime=settings.saml_request_lifetime,
    )


def replay_cache(services: Services) -> ReplayCache:
    """Remembers a message for as long as its time could be accepted."""
    settings = services.settings
    return ReplayCache(services.store, remembered=settings.saml_request_lifetime + 2 * settings.saml_clock_skew)


def saml_provider(services: Services) -> SamlProvider:
    """The pysaml2 adapter for this installation."""
    settings = services.settings
    return SamlProvider(
        entity_id=settings.saml_name,
        issuer=settings.issuer,
        clock_skew=settings.saml_clock_skew,
    )
