"""The identity provider as a Flask application: `create_app` reads as a table of contents."""

from functools import partial

from flask import Flask

from config import logging_setup
from config.common_settings import MailTransport
from config.sealed_cookies import SealedCookies
from config.sql.database import Database
from config.web.application import WebApplication
from idp.account_pages.password_views import PasswordPages
from idp.account_pages.session_views import SessionPages
from idp.container import Services
from idp.demo.letters import letters_blueprint
from idp.login.flow import LoginFlow
from idp.login.internal_pages import OwnPages
from idp.login.methods.password import PasswordLogin
from idp.login.pending import PURPOSE, PendingLogins
from idp.login.start import LoginStart
from idp.login.views import LoginPages
from idp.logout.factory import single_logout
from idp.oidc import logout
from idp.oidc.authorization.checks import RequestReader
from idp.oidc.authorization.response import OidcProtocol
from idp.oidc.grant_store import GrantStore
from idp.oidc.pyop.adapter import OidcProvider
from idp.oidc.token import TokenEndpoint
from idp.oidc.token_failures import TokenFailures
from idp.oidc.userinfo import UserinfoEndpoint
from idp.oidc.views import OidcViews
from idp.saml.artifact.views import ArtifactViews
from idp.saml.ecp.login import EnhancedClientLogin
from idp.saml.ecp.views import EnhancedClientViews
from idp.saml.factory import (
    artifact_fetching,
    artifact_resolution,
    logout_reader,
    saml_logout,
    saml_protocol,
    saml_provider,
)
from idp.saml.own_metadata.own_metadata import OwnEntity, OwnMetadata
from idp.saml.own_metadata.views import own_metadata_blueprint, served_endpoints
from idp.saml.slo.views import SamlLogoutViews
from idp.saml.sso.views import SamlViews
from idp.settings import Settings
from idp.web.health import health_blueprint
from idp.web.public import public_blueprint
from idp.web.untrusted_request_pages import UnverifiedPages
from idp.web.web_config import web_shell


def create_app(settings: Settings) -> Flask:
    """The whole web application. Nothing is asked of the stores until a request needs them."""
    logging_setup.configure(settings)
    app = WebApplication("idp", static_folder=None)
    services = Services.of(settings, Database.of(app, settings))
    app.extensions["idp"] = services  # for whoever made the application, to close what it has opened
    web = web_shell(settings)
    web.init_app(app)

    issuer, ring = settings.issuer, services.keys.ring
    reachable_levels = frozenset(services.offering.methods.values())
    provider = OidcProvider(
        issuer=issuer,
        registry=services.registry,
        ring=ring,
        id_token_lifetime=settings.id_token_lifetime,
        reachable_levels=reachable_levels,
    )
    grants = GrantStore(
        services.store,
        code_lifetime=settings.code_lifetime,
        access_token_lifetime=settings.access_token_lifetime,
    )
    oidc = OidcProtocol(
        issuer=issuer,
        reader=RequestReader(issuer=issuer, provider=provider, registry=services.registry, ring=ring),
        provider=provider,
        grants=grants,
        sessions=services.sessions,
    )
    saml = saml_protocol(services, saml_provider(services))
    own = OwnPages()
    pendings = PendingLogins(
        services.store,
        services.throttle,
        SealedCookies(services.encryption, purpose=PURPOSE),
        lifetime=settings.pending_login_lifetime,
        most_per_prefix=settings.pending_logins_per_prefix,
    )
    flow = LoginFlow(
        accounts=services.accounts,
        subjects=services.subjects,
        audit=services.audit,
        pendings=pendings,
        reachable_levels=reachable_levels,
        password_must_change=services.passwords.must_be_changed,
    )
    start = LoginStart(pendings, web.cookies)
    logout_of_all = single_logout(services)
    password = PasswordLogin(
        throttle=services.login_throttle,
        passwords=services.passwords,
        sessions=services.sessions,
        logout=logout_of_all,
        refused=services.refused_logins,
        audit=services.audit,
    )
    read_logout = partial(logout.read, issuer=issuer, registry=services.registry, ring=ring)
    login_pages = LoginPages(
        web=web,
        protocols={oidc.name: oidc, saml.name: saml, own.name: own},
        pendings=pendings,
        flow=flow,
        sessions=services.sessions,
        registry=services.registry,
        password=password,
        devices=services.devices,
        logout=logout_of_all,
        card_announced=settings.card_announced,
    )
    password_pages = PasswordPages(
        web=web,
        passwords=services.passwords,
        changes=services.password_changes,
        links=services.password_links,
        login=login_pages,
        settings=settings,
    )
    unverified = UnverifiedPages(services.faults, shows_details=settings.is_development)
    session_pages = SessionPages(
        web=web,
        sessions=services.sessions,
        registry=services.registry,
        flow=flow,
        start=start,
        logout=logout_of_all,
        read_logout=read_logout,
        unverified=unverified,
    )
    oidc_views = OidcViews(
        web=web,
        provider=provider,
        protocol=oidc,
        token=TokenEndpoint(
            provider=provider,
            registry=services.registry,
            grants=grants,
            sessions=services.sessions,
            audit=services.audit,
            failures=TokenFailures(
                registry=services.registry, audit=services.audit, throttle=services.throttle, faults=services.faults
            ),
        ),
        userinfo=UserinfoEndpoint(
            provider=provider, registry=services.registry, grants=grants, sessions=services.sessions
        ),
        sessions=services.sessions,
        flow=flow,
        start=start,
        ring=ring,
        read_logout=read_logout,
        log_out=session_pages.log_out,
        public_origins=services.registry.public_origins,
        unverified=unverified,
    )
    enhanced_client_login = EnhancedClientLogin(
        protocol=saml,
        flow=flow,
        password=password,
        sessions=services.sessions,
        logout=logout_of_all,
        lasting=settings.session_idle,
    )
    saml_logout_views = SamlLogoutViews(
        web=web,
        reader=logout_reader(services),
        protocol=saml_logout(services),
        logout=logout_of_all,
        sessions=services.sessions,
        unverified=unverified,
    )
    saml_views = SamlViews(
        web=web,
        protocol=saml,
        fetching=artifact_fetching(services),
        sessions=services.sessions,
        devices=services.devices,
        flow=flow,
        start=start,
        unverified=unverified,
    )
    app.register_blueprint(oidc_views.blueprint())
    app.register_blueprint(saml_views.blueprint())
    app.register_blueprint(saml_logout_views.blueprint())
    app.register_blueprint(EnhancedClientViews(login=enhanced_client_login, unverified=unverified).blueprint())
    artifact_views = ArtifactViews(resolution=artifact_resolution(services), unverified=unverified)
    app.register_blueprint(artifact_views.blueprint())
    app.register_blueprint(login_pages.blueprint())
    app.register_blueprint(session_pages.blueprint())
    app.register_blueprint(password_pages.blueprint())
    app.register_blueprint(public_blueprint(settings, services.registry))
    if settings.mail_transport is MailTransport.FOLDER:
        app.register_blueprint(letters_blueprint(settings))
    app.register_blueprint(health_blueprint(services.database, services.store))
    own_metadata = OwnMetadata(
        OwnEntity.of(settings), ring=ring, in_use=services.key_use.in_use, endpoints=served_endpoints(app)
    )
    app.register_blueprint(own_metadata_blueprint(own_metadata))
    return app
