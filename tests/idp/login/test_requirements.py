"""Which factors of a session are recent enough for a request; each requirement has a refusal."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from idp.login.internal_pages import ACCOUNT, InternalPageRequest
from idp.login.methods.password import PASSWORD
from idp.login.request import LoginRequest
from idp.login.requirements import UnmetRequirement, missing_assurance, recent_factors
from idp.sessions.authentication import Authentication, Factor, FactorKind, FactorType
from idp.sessions.session import Session
from relying_parties.policy import AssuranceLevel

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
CODE = FactorType(method="code", kinds=frozenset({FactorKind.POSSESSION}), alone=None, amr=("otp",))
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class At:
    """A factor achieved `before` the request, in the login flow `flow_id`."""

    type: FactorType
    before: timedelta
    flow_id: str = ""

    @property
    def factor(self) -> Factor:
        return Factor(type=self.type, at=NOW - self.before, flow_id=self.flow_id)


def session_with(authentication: Authentication) -> Session:
    return Session(
        sid="a-session",
        account_id="an-account",
        authentication=authentication,
        started_at=NOW,
        ends_at=NOW,
        secret_fingerprint="",
        account_valid_from=NOW,
        name_key="",
    )


def asks(**options) -> LoginRequest:
    return InternalPageRequest(protocol="internal", received_at=NOW, application=None, page=ACCOUNT, **options)


@pytest.mark.parametrize(
    ("achieved", "options", "flow_id", "counted"),
    [
        ([At(PASSWORD, 60 * MINUTE)], {}, None, ["password"]),
        ([At(PASSWORD, 4 * MINUTE)], {"max_age": 5 * MINUTE}, None, ["password"]),
        ([At(PASSWORD, 6 * MINUTE)], {"max_age": 5 * MINUTE}, None, None),
        ([At(PASSWORD, -MINUTE)], {"max_age": 5 * MINUTE}, "this", None),  # another login, begun meanwhile
        ([At(PASSWORD, -MINUTE, "this")], {"force_authn": True}, "this", ["password"]),
        ([At(PASSWORD, MINUTE)], {"force_authn": True}, "this", None),
        ([At(PASSWORD, MINUTE, "this"), At(CODE, 9 * MINUTE)], {"force_authn": True}, "this", ["password"]),
        ([At(PASSWORD, 9 * MINUTE), At(CODE, MINUTE, "this")], {"force_authn": True}, "this", None),
    ],
)
def test_only_recent_factors_count(achieved, options, flow_id, counted):
    authentication = Authentication(tuple(each.factor for each in achieved))
    recent = recent_factors(session_with(authentication), asks(**options), flow_id=flow_id)
    assert (recent and [factor.type.method for factor in recent.factors]) == counted


@pytest.mark.parametrize(
    ("essential", "voluntary", "missing"),
    [
        (None, None, None),
        (None, AssuranceLevel.PASSWORD, None),
        (None, AssuranceLevel.CARD, AssuranceLevel.CARD),
        (AssuranceLevel.TWO_FACTORS, None, AssuranceLevel.TWO_FACTORS),
        (AssuranceLevel.TWO_FACTORS, AssuranceLevel.CARD, AssuranceLevel.TWO_FACTORS),  # the required one first
        (AssuranceLevel.CARD, AssuranceLevel.TWO_FACTORS, AssuranceLevel.CARD),
    ],
)
def test_what_a_password_lacks_is_first_what_the_request_requires(essential, voluntary, missing):
    request = asks(essential_assurance=essential, voluntary_assurance=voluntary)
    assert missing_assurance(request, Authentication((At(PASSWORD, MINUTE).factor,))) is missing


@pytest.mark.parametrize("requirement", UnmetRequirement)
def test_every_requirement_has_a_refusal_for_requests_that_forbid_pages(requirement):
    assert requirement.refusal
