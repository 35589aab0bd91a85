"""Single logout over every protocol, put together: for the web application, and for the jobs that tell applications."""

from config.outgoing import Outgoing
from idp.oidc.backchannel_logout import BackchannelLogout
from idp.services import Services
from idp.sessions.logout import SingleLogout
from idp.sessions.logout_protocol import LogoutProtocol
from idp.sessions.logout_records import Logouts


def single_logout(services: Services) -> SingleLogout:
    """The one engine; its jobs run with `services.notices`."""
    settings = services.settings
    outgoing = Outgoing.of(settings)
    protocols: list[LogoutProtocol] = [
        BackchannelLogout(issuer=settings.issuer, ring=services.keys.ring, outgoing=outgoing)
    ]
    return SingleLogout(
        sessions=services.sessions,
        logouts=Logouts(services.store),
        registry=services.registry,
        protocols={protocol.name: protocol for protocol in protocols},
        database=services.database,
        audit=services.audit,
        outbox=services.notices,
        told_for=settings.session_absolute,
        answers_within=settings.logout_wait,
    )
