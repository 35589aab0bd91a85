"""Every page of enrollment in every state it can be in: for the tests of pages, and to be looked at."""

from pathlib import Path

from flask import Flask, Response

import enrollment
from config.web.pages import Page, render
from enrollment.app import web_shell
from enrollment.applicant.email_verification import VerifyPage
from enrollment.applicant.entry import EntryPage
from enrollment.applicant.invitation import InvitationPage
from enrollment.applicant.resume import AskLinkPage, ResumePage
from enrollment.applicant.services import NoDraftPage
from enrollment.applicant.status import ConfirmPage, StatusPage
from enrollment.applicant.steps.card import CardPage, CardReadingPage, CardReadPage, CardSoftwarePage
from enrollment.applicant.steps.check import CheckPage, CorrectEmailPage, SentPage
from enrollment.applicant.steps.person import PersonPage
from enrollment.applicant.steps.profile import ProfilePage
from enrollment.applicant.with_account import WithAccountPage
from enrollment.office.confirm_page import ConfirmDecisionPage
from enrollment.office.deliveries_page import DeliveriesPage
from enrollment.office.in_person_page import InPersonPage
from enrollment.office.invitations_page import InvitationsPage
from enrollment.office.queue_page import QueuePage
from enrollment.office.request_page import RequestPage
from enrollment.settings import EnrollmentSettings
from enrollment.sign_in.pages import SignedOutPage, SignOutPage
from tests.enrollment.applicant import page_states as applicant_states
from tests.enrollment.office import page_states as office_states

PAGES: frozenset[type[Page]] = frozenset(
    {
        EntryPage, NoDraftPage, CardPage, CardReadingPage, CardSoftwarePage, CardReadPage,
        PersonPage, ProfilePage, CheckPage, SentPage, CorrectEmailPage,
        VerifyPage, AskLinkPage, ResumePage, StatusPage, InvitationPage, WithAccountPage, ConfirmPage, QueuePage,
        RequestPage, ConfirmDecisionPage, DeliveriesPage,
        SignOutPage, SignedOutPage,
        InvitationsPage, InPersonPage,
    }
)  # fmt: skip
"""The pages that enrollment declares."""

SIGN_IN_STATES: dict[str, Page] = {
    "sign-out": SignOutPage(name="Camille Ferrand"),
    "signed-out": SignedOutPage(sign_in_url="/sign-in"),
    "signing-out": SignedOutPage(sign_in_url="/sign-in", go_on="http://localhost:8400/oidc/logout"),
}

STATES: dict[str, Page] = applicant_states.STATES | office_states.STATES | SIGN_IN_STATES


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
