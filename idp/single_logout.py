"""Single logout over every protocol, put together: for the web application, and for the jobs that tell applications."""

from functools import cache

from config.outgoing import Outgoing
from idp.oidc.backchannel_logout import BackchannelLogout
from idp.services import Services
from idp.sessions.logout import SingleLogout
from idp.sessions.logout_protocol import LogoutProtocol
from idp.sessions.logout_records import Logouts


def single_logout(services: Services) -> SingleLogout:
    """The one engine; its jobs run with `services.notices`."""
    settings = services.settings
    oidc = BackchannelLogout(issuer=settings.issuer, ring=services.keys.ring, outgoing=Outgoing.of(settings))

    @cache
    def protocol(name: str) -> LogoutProtocol | None:
        if name == oidc.name:
            return oidc
        if name == "saml":
            from idp.saml.parts import saml_logout  # here: where no application speaks SAML, jobs need no pysaml2

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
