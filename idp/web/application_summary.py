"""A registered application as a page shows it."""

from dataclasses import dataclass
from urllib.parse import quote

from config.web.language import gettext
from relying_parties.registry.application import Application

LONGEST_ON_BUTTON = 24  # characters


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationOnPage:
    """An application on a page.

    `login_button` is the name with its French preposition ("au DCC"), for the words of a button; without it a short
    name is said between quotation marks, and a long one is left to the head of the page. `login_url` is where people
    begin a login, and `request_url` where they ask for access.
    """

    name: str
    home_url: str | None = None
    login_url: str | None = None
    logo_url: str | None = None
    request_url: str = "/account/request"
    login_button: str | None = None

    @property
    def to(self) -> str:
        """ "au DCC", "à « Périnat Centre »" or "à l'application", in the current language."""
        if self.login_button:
            return self.login_button
        if len(self.name) > LONGEST_ON_BUTTON:
            return gettext("à l'application")
        return gettext("à « %(name)s »") % {"name": self.name}


def application_summary(application: Application, language: str, *, issuer: str = "") -> ApplicationOnPage:
    """The application's name in `language`, its logo at our own origin, its home page, and where logins begin.

    Without the `issuer`, logins begin at its home page.
    """
    return ApplicationOnPage(
        name=application.display_name.in_language(language),
        login_button=application.login_button.in_language(language) or None,
        home_url=application.home_url,
        login_url=application.login_url(issuer) if issuer else application.home_url,
        request_url=f"/account/request?application={quote(application.client_id, safe='')}",
        logo_url=f"/logos/{application.name}/{application.logo}" if application.logo else None,
    )
