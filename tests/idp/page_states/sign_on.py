"""The pages of a login, from the sign-on page to the answer of the application; those of the card are in `card`."""

from typing import Any

from config.web.pages import Page
from idp.login.methods.base import MethodPanel
from idp.login.methods.password import PasswordMethod
from idp.login.pages import (
    AssuranceRefusedPage,
    ConditionsPage,
    ConfirmIdentityPage,
    ContinuePage,
    EntryRefusedPage,
    PostPage,
    SignOnPage,
    StartAgainPage,
)
from idp.web.protocol_response import Redirect
from tests.idp.page_states.parts import DCC, HOME, PENDING, PERINAT, SAML_ANSWER


def sign_on(**shown: Any) -> SignOnPage:
    """The sign-on page with the password's panel."""
    return SignOnPage(panels=(MethodPanel(method="password", template=PasswordMethod.template, is_open=True),), **shown)


STATES: dict[str, Page] = {
    "sign-on": sign_on(application=DCC, pending=PENDING),
    "sign-on-refused": sign_on(
        application=DCC, pending=PENDING, login_hint="jdupont", problems=(("password", "login.refused"),)
    ),
    "sign-on-missing": sign_on(
        application=PERINAT,
        pending=PENDING,
        problems=(("login", "login.missing"), ("password", "own-password.missing")),
    ),
    "sign-on-wait": sign_on(application=DCC, pending=PENDING, login_hint="jdupont", wait_seconds=30),
    "sign-on-again": sign_on(application=DCC, pending=PENDING, login_hint="jdupont", reason="login.recent"),
    "sign-on-voluntary": sign_on(
        application=DCC,
        pending=PENDING,
        reason="login.voluntary-assurance",
        person="Jeanne Dupont",
        voluntary="two-factors",
    ),
    "sign-on-alone": sign_on(pending=PENDING, expires_in=1),
    "confirm-identity": ConfirmIdentityPage(display_name="Jeanne Dupont", application=DCC, pending=PENDING),
    "conditions": ConditionsPage(
        application=DCC,
        display_name="Jeanne Dupont",
        version="4",
        paragraphs=("Le compte est personnel.",),
        pending=PENDING,
    ),
    "conditions-alone": ConditionsPage(
        display_name="Jeanne Dupont", version="4", paragraphs=("Le compte est personnel.",), pending=PENDING
    ),
    "entry-refused": EntryRefusedPage(
        application=PERINAT, display_name="Jeanne Dupont", back=Redirect(url=PERINAT.home_url)
    ),
    "entry-refused-level": EntryRefusedPage(
        application=DCC, display_name="Jeanne Dupont", closing_level="hidden", back=Redirect(url=HOME)
    ),
    "assurance-refused": AssuranceRefusedPage(
        application=PERINAT, needed="two-factors", back=Redirect(url=PERINAT.home_url)
    ),
    "assurance-not-enrolled": AssuranceRefusedPage(application=DCC, needed="two-factors", is_offered=True),
    "assurance-refused-card": AssuranceRefusedPage(application=DCC, needed="card"),
    "assurance-without-card": AssuranceRefusedPage(
        application=DCC, needed="card", is_offered=True, display_name="Odile Riou"
    ),
    "continue": ContinuePage(application=DCC, url="https://dcc.example/callback?code=abc&state=def"),
    "continue-elsewhere": ContinuePage(application=PERINAT, url="example.perinat:/callback?code=abc"),
    "post": PostPage(application=DCC, form=SAML_ANSWER),
    "entry-refused-post": EntryRefusedPage(application=DCC, display_name="Jeanne Dupont", back=SAML_ANSWER),
    "start-again": StartAgainPage(reason="expired", application=DCC),
    "start-again-used": StartAgainPage(reason="used", application=PERINAT),
    "start-again-elsewhere": StartAgainPage(reason="other-browser"),
    "start-again-no-cookies": StartAgainPage(reason="no-cookies", application=DCC),
}
