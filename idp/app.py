"""The identity provider as a Flask application: `create_app` reads as a table of contents.

One function for each package constructs its pages and registers them. `idp/container` constructs the parts below the
pages.
"""

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from flask import Flask

from config import logging_setup
from config.common_settings import MailTransport
from config.metrics import count_requests
from config.sql.database import Database
from config.web.application import WebApplication
from config.web.health import health_blueprint
from idp.account_pages.password_change import PasswordChangePages
from idp.account_pages.password_links import PasswordLinkPages
from idp.account_pages.profile_views import ProfilePages
from idp.account_pages.session_views import SessionPages
from idp.api.authentication import EnrollmentAuthentication
from idp.api.cards import CardReadings
from idp.api.matches import Matches
from idp.api.offer import Offer
from idp.api.operators import OperatorRoles
from idp.api.provisionings import Provisionings
from idp.api.views import ApiViews
from idp.audit_kinds import VOCABULARY
from idp.container.login import LoginParts
from idp.container.oidc import OidcParts
from idp.container.saml import (
    artifact_fetching,
    artifact_resolution,
    logout_reader,
    saml_logout,
    saml_protocol,
    saml_provider,
)
from idp.container.services import Services
from idp.demo.letters import letters_blueprint
from idp.journal_rules import JOURNAL_RULES
from idp.login.card_to_enrollment import card_to_enrollment_blueprint
from idp.login.internal_pages import InternalPages
from idp.login.views import LoginPages
from idp.logout.card_removal import CardRemovals, card_removal_blueprint
from idp.oidc.views import OidcViews
from idp.saml.artifact.views import ArtifactViews
from idp.saml.ecp.login import EnhancedClientLogin
from idp.saml.ecp.views import EnhancedClientViews
from idp.saml.idp_metadata.descriptor import IdpEntity, IdpMetadata
from idp.saml.idp_metadata.views import idp_metadata_blueprint, served_endpoints
from idp.saml.slo.views import SamlLogoutViews
from idp.saml.sso.protocol import SamlProtocol
from idp.saml.sso.views import SamlViews
from idp.settings import Settings
from idp.web.public import public_blueprint
from idp.web.web_config import web_shell


def create_app(settings: Settings) -> Flask:
    """The web application. Neither the database nor Redis is queried before a request needs them."""
    logging_setup.configure(settings, JOURNAL_RULES)
    app = WebApplication("idp", static_folder=None)
    services = Services.of(settings, Database.of(app, settings))
    app.extensions["idp"] = services  # the creator of the application closes them
    web = web_shell(settings)
    web.init_app(app)

    count_requests(app, settings, services.audit, VOCABULARY)

    login = LoginParts.of(services, web)
    oidc = OidcParts.of(services)
    saml = saml_protocol(services, saml_provider(services))

    login_pages = add_login_pages(app, services, login, oidc, saml)
    session_pages = add_account_pages(app, services, login, oidc, login_pages)
    add_oidc(app, services, login, oidc, session_pages)
    add_saml(app, services, login, saml)
    add_interface_for_enrollment(app, services, login)
    add_public_pages(app, services)
    if settings.believes_cards:
        services.card_verification.authorities.validate_paths(datetime.now(UTC))
    return app


def add_login_pages(
    app: Flask, services: Services, login: LoginParts, oidc: OidcParts, saml: SamlProtocol
) -> LoginPages:
    """The pages of a login under way, whichever protocol asked for it."""
    internal = InternalPages()
    pages = LoginPages(
        web=login.web,
        protocols={oidc.protocol.name: oidc.protocol, saml.name: saml, internal.name: internal},
        pendings=login.pendings,
        flow=login.flow,
        sessions=services.sessions,
        registry=services.registry,
        methods=login.methods,
        opener=login.opener,
        devices=services.devices,
        logout=login.logout,
        conditions=login.conditions,
        issuer=services.settings.issuer,
    )
    app.register_blueprint(pages.blueprint())
    for method in login.methods.offered:
        if (routes := method.routes_of_programs()) is not None:
            app.register_blueprint(routes)
    return pages


def add_account_pages(
    app: Flask, services: Services, login: LoginParts, oidc: OidcParts, login_pages: LoginPages
) -> SessionPages:
    """The account pages, logout, and the pages of a password."""
    session_pages = SessionPages(
        web=login.web,
        sessions=services.sessions,
        registry=services.registry,
        flow=login.flow,
        start=login.start,
        logout=login.logout,
        read_logout=oidc.read_logout,
        untrusted_requests=login.untrusted_requests,
        more_access_url=services.settings.more_access_url,
    )
    settings = services.settings
    password_change = PasswordChangePages(
        web=login.web,
        passwords=services.passwords,
        changes=services.password_changes,
        login=login_pages,
        time_zone=ZoneInfo(settings.time_zone),
    )
    password_links = PasswordLinkPages(
        web=login.web,
        passwords=services.passwords,
        links=services.password_links,
        login=login_pages,
        link_lifetime=settings.password_link_lifetime,
    )
    profile_pages = ProfilePages(
        web=login.web,
        sessions=services.sessions,
        flow=login.flow,
        start=login.start,
        registry=services.registry,
        communities=services.communities,
        identifiers=services.identifiers,
        cards=services.cards,
        time_zone=ZoneInfo(services.settings.time_zone),
        renewal_url=services.settings.renewal_url,
    )
    removals = CardRemovals(
        sessions=services.sessions, registry=services.registry, logout=login.logout, audit=services.audit
    )
    app.register_blueprint(card_removal_blueprint(removals, services.throttle))
    app.register_blueprint(session_pages.blueprint())
    app.register_blueprint(profile_pages.blueprint())
    app.register_blueprint(password_change.blueprint())
    app.register_blueprint(password_links.blueprint())
    return session_pages


def add_oidc(app: Flask, services: Services, login: LoginParts, oidc: OidcParts, session_pages: SessionPages) -> None:
    """The endpoints of OpenID Connect."""
    views = OidcViews(
        web=login.web,
        provider=oidc.provider,
        protocol=oidc.protocol,
        token=oidc.token,
        userinfo=oidc.userinfo,
        sessions=services.sessions,
        flow=login.flow,
        start=login.start,
        ring=services.keys.ring,
        read_logout=oidc.read_logout,
        log_out=session_pages.log_out,
        public_origins=services.registry.public_origins,
        untrusted_requests=login.untrusted_requests,
    )
    app.register_blueprint(views.blueprint())


def add_saml(app: Flask, services: Services, login: LoginParts, saml: SamlProtocol) -> None:
    """The endpoints of SAML, and the metadata that declares the ones served."""
    sso = SamlViews(
        web=login.web,
        protocol=saml,
        fetching=artifact_fetching(services),
        sessions=services.sessions,
        devices=services.devices,
        flow=login.flow,
        start=login.start,
        untrusted_requests=login.untrusted_requests,
    )
    slo = SamlLogoutViews(
        web=login.web,
        reader=logout_reader(services),
        protocol=saml_logout(services),
        logout=login.logout,
        sessions=services.sessions,
        untrusted_requests=login.untrusted_requests,
    )
    app.register_blueprint(sso.blueprint())
    app.register_blueprint(slo.blueprint())
    if (method := login.methods.by_credentials()) is not None:
        ecp = EnhancedClientLogin(
            protocol=saml,
            flow=login.flow,
            method=method,
            opener=login.opener,
            sessions=services.sessions,
            logout=login.logout,
            max_lifetime=services.settings.session_idle,
        )
        app.register_blueprint(EnhancedClientViews(login=ecp, untrusted_requests=login.untrusted_requests).blueprint())
    app.register_blueprint(
        ArtifactViews(resolution=artifact_resolution(services), untrusted_requests=login.untrusted_requests).blueprint()
    )
    idp_metadata = IdpMetadata(
        IdpEntity.of(services.settings),
        ring=services.keys.ring,
        in_use=services.keys_in_use.get,
        endpoints=served_endpoints(app),
    )
    app.register_blueprint(idp_metadata_blueprint(idp_metadata))


def add_interface_for_enrollment(app: Flask, services: Services, login: LoginParts) -> None:
    """The calls of enrollment, when the setting that names its secret is there."""
    settings = services.settings
    if settings.enrollment_secret_file == Path():
        return
    views = ApiViews(
        authentication=EnrollmentAuthentication(
            settings.enrollment_secret_file,
            throttle=services.throttle,
            database=services.database,
            audit=services.audit,
        ),
        throttle=services.throttle,
        offer=Offer(
            services.registry, services.communities, services.operators, services.revisions, issuer=settings.issuer
        ),
        matches=Matches(services.account_matches),
        operators=OperatorRoles(services.accounts, services.subjects),
        cards=CardReadings(
            services.card_verifier,
            services.request_cards,
            services.unknown_cards,
            services.audit,
            services.throttle,
            account_request_url=settings.account_request_url,
        ),
        provisionings=Provisionings(
            services.accepted_requests, services.registry, services.communities, issuer=settings.issuer
        ),
    )
    app.register_blueprint(views.blueprint())
    if settings.has_enrollment:
        way = card_to_enrollment_blueprint(
            services.unknown_cards, login.web, account_request_url=settings.account_request_url
        )
        app.register_blueprint(way)


def add_public_pages(app: Flask, services: Services) -> None:
    """The start page and logos, the demonstration's mail box, and the health checks."""
    app.register_blueprint(public_blueprint(services.settings, services.registry))
    if services.settings.mail_transport is MailTransport.FOLDER:
        app.register_blueprint(letters_blueprint(services.settings))
    app.register_blueprint(
        health_blueprint(services.database, services.store, further=services.card_verification.condition)
    )
