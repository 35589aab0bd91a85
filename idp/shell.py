"""The web shell as the identity provider wears it: its wording, its machine endpoints, the stores it stands on."""

from config.database import DatabaseUnavailable
from config.settings import Settings
from config.store import StoreUnavailable
from config.web.shell import WebShell
from idp.wording import wording

MACHINE_PATHS = ("/oidc/token", "/oidc/userinfo", "/oidc/jwks", "/.well-known/", "/saml/logout/soap", "/health")


def web_shell(settings: Settings) -> WebShell:
    """`web_shell(settings).init_app(app)`."""
    return WebShell(
        settings,
        service="idp",
        wording=wording(settings),
        machine_paths=MACHINE_PATHS,
        unavailable=(StoreUnavailable, DatabaseUnavailable),
    )
