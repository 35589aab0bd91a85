"""Every page of the identity provider in every state it can be in: for the tests of pages, and to be looked at.

A module for each subject has its states, by names that no other module gives; `parts` has what they share.
"""

from inspect import getmembers, isclass
from pathlib import Path

from flask import Flask, Response

import idp
from config.web import pages as web_pages
from config.web.pages import FormPage, Page, render
from idp.account_pages import password_pages, profile_pages, session_pages
from idp.demo import letters as letters_pages
from idp.login import pages as login_pages
from idp.login.methods.card import pages as card_pages
from idp.logout import pages as logout_pages
from idp.settings import Settings
from idp.web import public as public_pages
from idp.web.form_policy import with_form_action
from idp.web.web_config import web_shell
from tests.idp.page_states import account, card, faults, logout, password, public, sign_on

MODULES = (
    web_pages,
    login_pages,
    card_pages,
    logout_pages,
    password_pages,
    profile_pages,
    session_pages,
    public_pages,
    letters_pages,
)
PAGES: frozenset[type[Page]] = frozenset(
    page
    for module in MODULES
    for _, page in getmembers(module, isclass)
    if issubclass(page, Page) and page not in (Page, FormPage)
)
"""The pages that the shell and the identity provider declare."""

STATES: dict[str, Page] = {
    state: page
    for module in (sign_on, card, password, account, logout, public, faults)
    for state, page in module.STATES.items()
}


def preview_app(issuer: str = "http://localhost:8400") -> Flask:
    """An application that does nothing but show pages: `/page/<state>`."""
    settings = Settings.load(
        environment={"POTERNE_ENVIRONMENT": "development"},
        issuer=issuer,
        region="Santé Centre-Val de Loire",
        support_phone="02 00 00 00 00",
        support_email="assistance@exemple.test",
        mail_transport="folder",
    )
    app = Flask("idp", root_path=str(Path(idp.__file__).parent), static_folder=None)
    web_shell(settings).init_app(app)

    @app.get("/page/<state>")
    def page(state: str) -> Response:
        shown = STATES[state]
        taken = (getattr(shown, name, None) for name in ("response", "form", "back"))
        return with_form_action(render(shown), next(filter(None, taken), None))

    return app
