"""A second login method, for tests only: a code that the person holds, known to the test."""

from datetime import UTC, datetime
from typing import Self

from flask import Blueprint, request
from werkzeug.wrappers import Response as AnyResponse

from idp.accounts.snapshot import AccountSnapshot
from idp.login.methods.base import LoginMethod, MethodHost, MethodServices, Proof
from idp.login.step import Step
from idp.sessions.authentication import FactorKind, FactorType

RIGHT_CODE = "493817"
TEMPLATE = """{% from "macros.html" import form_token with context %}
<form method="post" action="{{ page.path }}/drawn-code">{{ form_token() }}
<input name="code"><button>Code</button></form>
"""


class DrawnCodeMethod(LoginMethod):
    """Adds a factor of another kind than the password; reaches no assurance alone."""

    factor = FactorType(method="drawn-code", kinds=frozenset({FactorKind.POSSESSION}), alone=None, amr=("otp",))
    template = "login/methods/drawn-code.html"
    actions = ("drawn-code",)
    enrolled: frozenset[str] = frozenset()

    @classmethod
    def of(cls, _services: MethodServices) -> Self:
        return cls()

    def is_enrolled(self, account: AccountSnapshot) -> bool:
        return account.login in self.enrolled

    def add_routes(self, blueprint: Blueprint, login: MethodHost) -> None:
        @blueprint.post("/<pending>/drawn-code")
        def by_code(pending: str) -> AnyResponse:
            return login.with_step(pending, lambda step: self._submitted(step, login))

    def _submitted(self, step: Step, login: MethodHost) -> AnyResponse:
        if step.active_session is None or request.form.get("code") != RIGHT_CODE:
            return login.sign_on(step, method=self.factor.method, problems=(("code", "login.refused"),))
        account = step.active_session.snapshot
        return login.proven(
            step,
            Proof(
                account_id=account.account_id,
                login=account.login,
                factor=self.factor.achieved(datetime.now(UTC)),
                account_valid_from=step.active_session.session.account_valid_from,
            ),
        )
