"""The browser of the current request, for which an unknown card waits (`idp/accounts/unknown_cards.py`)."""

from config.web.web_app import WebShell
from idp.accounts.devices import DEVICE_COOKIE
from idp.accounts.unknown_cards import BrowserState
from idp.sessions.session_cookie import SESSION_COOKIE


def browser_state(web: WebShell) -> BrowserState | None:
    """The browser; None when it has sent no cookie of ours. Each login sets the device cookie anew, and each logout
    deletes that of the session.
    """
    identifier = web.forms.browser_cookie()
    if identifier is None:
        return None
    cookies = (web.cookies.read(SESSION_COOKIE) or "", web.cookies.read(DEVICE_COOKIE) or "")
    return BrowserState(identifier=identifier, cookies="\n".join(cookies))
