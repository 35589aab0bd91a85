"""An AuthnRequest that is refused: how it is sent, and what the page and the log must have."""

from idp.saml.errors import SamlFault
from tests.actors.browser import Browser
from tests.actors.page import Page
from tests.actors.service_provider import ServiceProvider

EVIL = "https://attacker.example/acs"


def is_told(page: Page, fault: SamlFault, journal, *, status: int = 400) -> bool:
    """A page with the fault, without forms or links to other sites, and one log line."""
    lines = [line for line in journal() if line.get("fault") == fault]
    assert page.status == status, page
    assert fault in page.html, page
    assert not page.asks_for("SAMLResponse")
    assert page.goes_on_to is None
    assert not [link for link in page.links if link.address.startswith(("https://attacker", "//", "javascript"))]
    assert len(lines) == 1, journal()
    assert [line for line in journal() if line["level"] == "ERROR"] == []
    return True


def visits(browser: Browser, messagerie: ServiceProvider, **changed: str | None) -> Page:
    return browser.visits(messagerie.asks(**changed))
