"""The web shell of the identity provider: its wording, and the paths and exceptions that get special errors."""

from config.redis.store import StoreUnavailable
from config.sql.database import DatabaseUnavailable
from config.web.web_app import WebShell
from idp.messages import wording
from idp.settings import Settings

MACHINE_PATHS = (
    "/oidc/token",
    "/oidc/userinfo",
    "/oidc/jwks",
    "/.well-known/",
    "/saml/logout/soap",
    "/health",
    "/api/",
    "/card/hand-off/",
    "/card/removed",
)


def web_shell(settings: Settings) -> WebShell:
    """`web_shell(settings).init_app(app)`."""
    return WebShell(
        settings,
        service="idp",
        wording=wording(settings),
        machine_paths=MACHINE_PATHS,
        unavailable=(StoreUnavailable, DatabaseUnavailable),
    )
