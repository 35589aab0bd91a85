"""The password method.

An attempt is counted before it is verified, so that simultaneous guesses cannot exceed the limit. An unknown login
gets the same response, costs the same work and leaves the same audit line as a wrong password.
"""

from dataclasses import dataclass
from typing import Final, Self

from flask import Blueprint, request
from werkzeug.wrappers import Response as AnyResponse

from config.redis.rate_limits import RetryAfter
from config.web.forms import FormProblems, form_field, read_form
from idp.accounts.login_failures import LoginFailures, Reason
from idp.accounts.login_throttle import Attempt, LoginThrottle
from idp.accounts.passwords.passwords import Passwords, Verified
from idp.accounts.passwords.policies import CEILING
from idp.accounts.snapshot import AccountSnapshot
from idp.login.methods.base import CredentialsMethod, MethodHost, MethodServices, NotProven, Proof
from idp.login.pending import application_of
from idp.login.step import Step
from idp.sessions.authentication import PASSWORD_REFERENCE, FactorKind, FactorType
from idp.web.client_info import ClientInfo
from relying_parties.policy import AssuranceLevel

PASSWORD: Final = FactorType(
    method="password", kinds=frozenset({FactorKind.KNOWLEDGE}), alone=AssuranceLevel.PASSWORD, amr=(PASSWORD_REFERENCE,)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordForm:
    login: str = form_field(longest=254, error_prefix="login")
    password: str = form_field(longest=CEILING, secret=True, error_prefix="own-password")


class PasswordMethod(CredentialsMethod):
    """Authenticates a person by the login and the password of an account."""

    factor = PASSWORD
    template = "login/methods/password.html"
    actions = ("password",)

    def __init__(self, *, throttle: LoginThrottle, passwords: Passwords, failures: LoginFailures) -> None:
        self._throttle = throttle
        self._passwords = passwords
        self._failures = failures

    @classmethod
    def of(cls, services: MethodServices) -> Self:
        return cls(throttle=services.login_throttle, passwords=services.passwords, failures=services.login_failures)

    def is_enrolled(self, _account: AccountSnapshot) -> bool:
        """Every account may have a password."""
        return True

    def add_routes(self, blueprint: Blueprint, login: MethodHost) -> None:
        @blueprint.post("/<pending>/password")
        def by_password(pending: str) -> AnyResponse:
            return login.with_step(pending, lambda step: self._submitted(step, login))

    def _submitted(self, step: Step, login: MethodHost) -> AnyResponse:
        form = read_form(PasswordForm)
        if isinstance(form, FormProblems):
            return login.sign_on(step, method=PASSWORD.method, login=form.kept["login"], problems=form.listed())
        verified = self.verify(
            login.browser.attempt(form.login),
            form.password,
            application=application_of(step.pending.identifier),
            client=ClientInfo.of(request),
            page="login",
        )
        match verified:
            case Proof():
                return login.proven(step, verified)
            case RetryAfter():
                return login.sign_on(step, method=PASSWORD.method, login=form.login, wait=verified)
        return login.sign_on(step, method=PASSWORD.method, login=form.login, problems=(("password", "login.refused"),))

    def verify(
        self, attempt: Attempt, secret: str, *, application: str | None, client: ClientInfo, page: str
    ) -> Proof | NotProven | RetryAfter:
        login, reservation = attempt.login, self._throttle.reserve(attempt, is_busy=self._passwords.is_busy)
        if isinstance(reservation, RetryAfter):
            self._record_refused(Reason.THROTTLED, login, application, client, page)
            return reservation
        verified = self._passwords.verify(login, secret)
        if not isinstance(verified, Verified):
            self._record_refused(Reason.NOT_VERIFIED, login, application, client, page, account=verified.account_id)
            return NotProven()
        self._throttle.release(reservation)
        return Proof(
            account_id=verified.account_id,
            login=login,
            factor=PASSWORD.achieved(verified.at),
            account_valid_from=verified.valid_from,
        )

    def _record_refused(
        self,
        reason: Reason,
        login: str,
        application: str | None,
        client: ClientInfo,
        page: str,
        *,
        account: str | None = None,
    ) -> None:
        self._failures.record(
            reason,
            login=login,
            account=account,
            address=client.address,
            agent=client.agent,
            page=page,
            application=application,
        )
