"""The parts of a login, which the protocols and the pages share."""

from dataclasses import dataclass

from config.sealed_cookies import SealedCookies
from config.web.web_app import WebShell
from idp.container.logout import single_logout
from idp.container.services import Services
from idp.login.conditions import ConditionsStep
from idp.login.flow import LoginFlow
from idp.login.methods.offered import LoginMethods
from idp.login.methods.table import login_methods
from idp.login.pending import PURPOSE, PendingLogins
from idp.login.session_opener import SessionOpener
from idp.login.start import LoginStart
from idp.logout.single_logout import SingleLogout
from idp.web.untrusted_request_pages import UntrustedRequestPages


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginParts:
    """The decision, the pending logins, the login methods, and logout."""

    web: WebShell
    flow: LoginFlow
    pendings: PendingLogins
    start: LoginStart
    methods: LoginMethods
    opener: SessionOpener
    conditions: ConditionsStep | None
    logout: SingleLogout
    untrusted_requests: UntrustedRequestPages

    @classmethod
    def of(cls, services: Services, web: WebShell) -> "LoginParts":
        settings = services.settings
        pendings = PendingLogins(
            services.store,
            services.throttle,
            SealedCookies(services.encryption, purpose=PURPOSE),
            lifetime=settings.pending_login_lifetime,
            most_per_prefix=settings.pending_logins_per_prefix,
        )
        logout, methods = single_logout(services), login_methods(settings, services)
        return cls(
            web=web,
            flow=LoginFlow(
                accounts=services.accounts,
                subjects=services.subjects,
                audit=services.audit,
                pendings=pendings,
                methods=methods,
                password_must_change=services.passwords.must_be_changed,
                conditions_version=services.conditions.version if services.conditions else None,
            ),
            pendings=pendings,
            start=LoginStart(pendings, web.cookies),
            methods=methods,
            opener=SessionOpener(sessions=services.sessions, logout=logout, audit=services.audit),
            conditions=conditions_step(services),
            logout=logout,
            untrusted_requests=UntrustedRequestPages(services.faults, shows_details=settings.is_development),
        )


def conditions_step(services: Services) -> ConditionsStep | None:
    """The step of the conditions of use; None where the region has given none."""
    if services.conditions is None:
        return None
    return ConditionsStep(conditions=services.conditions, accept=services.account_service.accept_conditions)
