"""Every page of enrollment in every state it can be in: for the tests of pages, and to be looked at."""

from pathlib import Path

from flask import Flask, Response

import enrollment
from config.web.pages import Page, render
from enrollment.app import web_shell
from enrollment.applicant.entry import EntryPage
from enrollment.settings import EnrollmentSettings

PAGES: frozenset[type[Page]] = frozenset({EntryPage})
"""The pages that enrollment declares."""

STATES: dict[str, Page] = {
    "entry": EntryPage(working_days=3, sign_on_url="https://id.example"),
    "entry-one-day": EntryPage(working_days=1, sign_on_url="https://id.example"),
}


def preview_app() -> Flask:
    """An application that does nothing but show pages: `/page/<state>`."""
    settings = EnrollmentSettings.load(
        environment={"ENROLLMENT_ENVIRONMENT": "development"},
        address="http://localhost:8401",
        idp_issuer="http://localhost:8400",
        region="Santé Centre-Val de Loire",
        support_phone="02 00 00 00 00",
        support_email="assistance@exemple.test",
        mail_transport="folder",
    )
    app = Flask("enrollment", root_path=str(Path(enrollment.__file__).parent), static_folder=None)
    web_shell(settings).init_app(app)

    @app.get("/page/<state>")
    def page(state: str) -> Response:
        return render(STATES[state])

    return app
