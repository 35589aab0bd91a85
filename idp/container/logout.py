"""Single logout over both protocols: for the web application, and for the jobs that notify applications."""

from functools import cache

from config.http_client import HttpClient
from idp.container.services import Services
from idp.logout.back_channel import BackChannel
from idp.logout.front_channel import FrontChannel
from idp.logout.operator_logout import OperatorLogout
from idp.logout.outcomes import Outcomes
from idp.logout.protocol import LogoutProtocol
from idp.logout.records import Logouts
from idp.logout.single_logout import SingleLogout
from idp.oidc.backchannel_logout import BackchannelLogout


def single_logout(services: Services) -> SingleLogout:
    """The one engine; its jobs, and those of operators who lost a role, run with `services.notices`."""
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

    OperatorLogout(
        database=services.database,
        jobs=services.notices,
        registry=services.registry,
        subjects=services.subjects,
        protocol=oidc,
        retry_for=settings.session_absolute,
    )
    logouts, registry = Logouts(services.store), services.registry
    outcomes = Outcomes(logouts, services.audit)
    return SingleLogout(
        sessions=services.sessions,
        logouts=logouts,
        registry=registry,
        protocols=protocol,
        database=services.database,
        audit=services.audit,
        back_channel=BackChannel(
            jobs=services.notices,
            outcomes=outcomes,
            registry=registry,
            protocols=protocol,
            retry_for=settings.session_absolute,
        ),
        front_channel=FrontChannel(logouts=logouts, outcomes=outcomes, registry=registry, protocols=protocol),
        response_timeout=settings.logout_wait,
        max_waiting=max(1, settings.threads // 2),
    )
