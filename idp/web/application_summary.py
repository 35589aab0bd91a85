"""A registered application as a page shows it."""

from idp.login.pages import ApplicationOnPage
from relying_parties.registry.application import Application


def application_summary(application: Application, language: str) -> ApplicationOnPage:
    """Its name in `language`, its logo from our own origin, and where 'start again' leads."""
    return ApplicationOnPage(
        name=application.display_name.in_language(language),
        towards=application.towards.in_language(language) or None,
        home_url=application.home_url,
        logo_url=f"/logos/{application.name}/{application.logo}" if application.logo else None,
    )
