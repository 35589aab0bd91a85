"""Single logout over every protocol, put together: for the web application, and for the jobs that tell applications."""

from functools import cache

from config.http_client import HttpClient
from idp.container.services import Services
from idp.logout.protocol import LogoutProtocol
from idp.logout.records import Logouts
from idp.logout.single_logout import SingleLogout
from idp.oidc.backchannel_logout import BackchannelLogout


def single_logout(services: Services) -> SingleLogout:
    """The one engine; its jobs run with `services.notices`."""
    settings = services.settings
    oidc = BackchannelLogout(
        issuer=settings.issuer,
        ring=services.keys.ring,
        outgoing=HttpClient(within=settings.application_answers_within, loopback=settings.is_development),
    )

    @cache
    def protocol(name: str) -> LogoutProtocol | None:
        if name == oidc.name:
            return oidc
        if name == "saml":
            from idp.container.saml import saml_logout  # here: where no application speaks SAML, jobs need no pysaml2

            return saml_logout(services)
        return None

    return SingleLogout(
        sessions=services.sessions,
        logouts=Logouts(services.store),
        registry=services.registry,
        protocols=protocol,
        database=services.database,
        audit=services.audit,
        outbox=services.notices,
        told_for=settings.session_absolute,
        answers_within=settings.logout_wait,
        wait_at_once=max(1, settings.threads // 2),
    )
