"""What the states share: the applications, the login that is under way, and the rules of a password."""

from datetime import UTC, datetime

from idp.web.application_summary import ApplicationOnPage
from idp.web.protocol_response import FormPost

LOGO = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 48 48'%3E"
    "%3Crect width='48' height='48' rx='8' fill='%23dfe8f7'/%3E"
    "%3Cpath d='M12 34V14h8a10 10 0 0 1 0 20z' fill='none' stroke='%232b4c8c' stroke-width='4'/%3E"
    "%3Cpath d='M36 20v14M29 27h14' stroke='%232b4c8c' stroke-width='4'/%3E%3C/svg%3E"
)
HOME = "https://dcc.example/"
SAML_ANSWER = FormPost(
    action="https://dcc.example/acs", fields=(("SAMLResponse", "PHNhbWxwOlJl"),), origins=("https://dcc.example",)
)
DCC = ApplicationOnPage(name="Dossier Communicant de Cancérologie", home_url=HOME, logo_url=LOGO, login_button="au DCC")
PERINAT = ApplicationOnPage(name="Périnat Centre", home_url="https://perinat.example/")
PENDING = "q3Zs0uYJkPvX5mR1tA8cWg2LhN7bEfD4"
RULES = ("rule.length", "rule.not-personal", "rule.not-common", "rule.not-current")
LEGACY_RULES = (
    "rule.legacy-length",
    "rule.not-personal",
    "rule.not-common",
    "rule.not-previous",
    "rule.legacy-lifetime",
)
STARTED = datetime(2026, 11, 22, 8, 5, tzinfo=UTC)
