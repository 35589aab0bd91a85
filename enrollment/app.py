"""Enrollment as a Flask application: `create_app` reads as a table of contents.

One function for each room makes its pages and registers them. The parts below
the pages are put together in `container.py`.
"""

from functools import partial

from flask import Flask

from card_bridge.verification.challenges import Challenges
from card_bridge.verification.hand_offs import HandOffs
from card_bridge.verification.software import card_software_blueprint
from config import logging_setup
from config.conditions import read_conditions
from config.metrics import count_requests
from config.redis.store import StoreUnavailable
from config.sql.database import Database, DatabaseUnavailable
from config.web.application import WebApplication
from config.web.form_addresses import lead_back_from_forms
from config.web.health import health_blueprint
from config.web.web_app import WebShell
from enrollment.applicant.anti_bot import AntiBot
from enrollment.applicant.card.known import KnownCards
from enrollment.applicant.card.reading import CardReadings
from enrollment.applicant.drafts import Drafts
from enrollment.applicant.email_verification import verification_blueprint
from enrollment.applicant.entry import entry_blueprint
from enrollment.applicant.in_person import begin_in_person
from enrollment.applicant.invitation import invitation_blueprint
from enrollment.applicant.proof_of_work import ProofOfWork
from enrollment.applicant.resume import resume_blueprint
from enrollment.applicant.services import ApplicantServices
from enrollment.applicant.status import status_blueprint
from enrollment.applicant.steps.card import card_blueprint
from enrollment.applicant.steps.check import check_blueprint
from enrollment.applicant.steps.person import person_blueprint
from enrollment.applicant.steps.profile import profile_blueprint
from enrollment.applicant.submission import Submissions
from enrollment.applicant.with_account import with_account_blueprint
from enrollment.audit_kinds import VOCABULARY
from enrollment.container import Services
from enrollment.journal_rules import JOURNAL_RULES
from enrollment.messages import wording
from enrollment.office.deliveries_page import add_deliveries_page
from enrollment.office.in_person_page import add_in_person_page
from enrollment.office.invitations_page import add_invitations_page
from enrollment.office.messages import OFFICE as OFFICE_WORDING
from enrollment.office.queue_export import add_queue_export
from enrollment.office.queue_page import add_queue_page
from enrollment.office.request_views import add_request_pages
from enrollment.office.services import OfficeServices
from enrollment.office.views import EXTENSION as OFFICE
from enrollment.office.views import OfficeViews, office_frame
from enrollment.register.register import Register
from enrollment.settings import EnrollmentSettings
from enrollment.sign_in.views import SignInPages

MACHINE_PATHS = ("/health", "/backchannel-logout", "/card/hand-off")


def create_app(settings: EnrollmentSettings) -> Flask:
    """The whole web application. Nothing is asked of the stores until a request needs them."""
    logging_setup.configure(settings, JOURNAL_RULES)
    app = WebApplication("enrollment", static_folder=None)
    services = Services.of(settings, Database.of(app, settings))
    app.extensions["enrollment"] = services  # the maker of the application closes what it has opened
    web = web_shell(settings)
    web.init_app(app)

    count_requests(app, settings, services.audit, VOCABULARY)

    sign_in = add_sign_in(app, services, web)
    applicant = add_applicant_pages(app, services, web, sign_in)
    add_office(app, services, web, sign_in, applicant)
    add_public_pages(app, services)
    lead_back_from_forms(app, machine_paths=MACHINE_PATHS)
    return app


def web_shell(settings: EnrollmentSettings) -> WebShell:
    """What enrollment gives the web shell: its wording, its machine endpoints, and the errors of its stores."""
    return WebShell(
        settings,
        service="enrollment",
        frame=office_frame,
        wording=wording(settings) | OFFICE_WORDING,
        stylesheets=("enrollment.css",),
        machine_paths=MACHINE_PATHS,
        unavailable=(StoreUnavailable, DatabaseUnavailable),
    )


def add_sign_in(app: Flask, services: Services, web: WebShell) -> SignInPages:
    """Signing in, for operators and for people who have an account."""
    pages = SignInPages(
        web=web,
        provider=services.provider,
        sign_ins=services.sign_ins,
        audit=services.audit,
        throttle=services.throttle,
    )
    app.register_blueprint(pages.blueprint())
    return pages


def add_applicant_pages(app: Flask, services: Services, web: WebShell, sign_in: SignInPages) -> ApplicantServices:
    """The pages of the person who asks; what they use."""
    submissions = Submissions(
        settings=services.settings,
        database=services.database,
        audit=services.audit,
        letters=services.letters,
        anti_bot=AntiBot(ProofOfWork(services.encryption, services.store), services.throttle),
        invitations=services.invitations,
    )
    applicant = ApplicantServices(
        settings=services.settings,
        web=web,
        database=services.database,
        throttle=services.throttle,
        drafts=Drafts(services.database),
        conditions=read_conditions(services.settings.conditions_folder),
        offers=services.offers,
        submissions=submissions,
        invitations=services.invitations,
        mailed_links=services.mailed_links,
        register=Register(services.database),
        signed_in=sign_in.current,
    )
    known_cards = KnownCards(services.idp, issuer=services.settings.idp_issuer)
    add_card(app, services, applicant, known_cards)
    app.register_blueprint(entry_blueprint(applicant, known_cards))
    for blueprint in (
        person_blueprint,
        profile_blueprint,
        check_blueprint,
        verification_blueprint,
        resume_blueprint,
        status_blueprint,
        invitation_blueprint,
    ):
        app.register_blueprint(blueprint(applicant))
    app.register_blueprint(with_account_blueprint(applicant, sign_in))
    return applicant


def add_card(app: Flask, services: Services, applicant: ApplicantServices, known_cards: KnownCards) -> None:
    """The first step, and what the card software of workstations calls."""
    settings = services.settings
    challenges, hand_offs = Challenges.of(services.encryption), HandOffs(services.store)
    readings = CardReadings(
        idp=services.idp,
        challenges=challenges,
        store=services.store,
        throttle=services.throttle,
        origin=settings.origin,
    )
    app.register_blueprint(card_blueprint(applicant, readings, hand_offs, known_cards))
    if settings.card_offered:
        app.register_blueprint(card_software_blueprint(hand_offs, challenges, origin=settings.origin))


def add_office(
    app: Flask, services: Services, web: WebShell, sign_in: SignInPages, applicant: ApplicantServices
) -> None:
    """The pages of operators."""
    office = OfficeServices(
        settings=services.settings,
        web=web,
        database=services.database,
        audit=services.audit,
        offers=services.offers,
        idp=services.idp,
        register=Register(services.database),
        rules=services.rules,
        voters=services.voters,
        decisions=services.decisions,
        outbox=services.outbox,
        invitations=services.invitations,
    )
    views = OfficeViews(sign_in)
    add_queue_page(views, office)
    add_queue_export(views, office)
    add_request_pages(views, office)
    add_deliveries_page(views, office)
    add_invitations_page(views, office)
    add_in_person_page(views, office, applicant.conditions, partial(begin_in_person, applicant))
    app.register_blueprint(views.blueprint)
    app.extensions[OFFICE] = views


def add_public_pages(app: Flask, services: Services) -> None:
    """The health checks."""
    app.register_blueprint(health_blueprint(services.database, services.store))
