"""The card is pulled: the session ends where an application of it demands that, and its applications are told."""

import base64
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest

from idp.sessions.authentication import Authentication, FactorKind, FactorType
from idp.sessions.session import ActiveSession
from relying_parties.policy import AssuranceLevel, CardRemoval
from tests.actors.browser import Browser
from tests.actors.identity_provider import IdentityProvider
from tests.actors.server import a_server
from tests.journeys.test_logout import is_logged_out

SESSION = "__Host-idp-session"
CARD = FactorType(
    method="card",
    kinds=frozenset({FactorKind.POSSESSION, FactorKind.KNOWLEDGE}),
    alone=AssuranceLevel.CARD,
    amr=("sc", "pin"),
)


@dataclass(frozen=True, slots=True)
class Workstation:
    """The card software, which knows the token of its signature."""

    idp: IdentityProvider
    token: bytes

    def tells(self) -> int:
        """Tell the identity provider that the card was pulled; the status of its answer."""
        token = base64.urlsafe_b64encode(self.token).rstrip(b"=").decode()
        answer = self.idp.app.test_client().post("/card/removed", json={"token": token}, base_url=self.idp.issuer)
        return answer.status_code


def session_of(idp: IdentityProvider, browser: Browser) -> ActiveSession:
    found = idp.services.sessions.find(browser.cookies["localhost"][SESSION])
    assert found is not None
    return found


@pytest.fixture
def changed_settings():
    """Jobs run when a test says so."""
    return {"logout_wait": timedelta(milliseconds=1)}


@pytest.fixture
def server():
    with a_server() as listening:
        yield listening


@pytest.fixture
def workstation(idp, browser, jeanne, dcc) -> Workstation:
    """Jeanne has opened the DCC with her card, which is in the reader of this workstation."""
    dcc.signs_in(browser.logs_in(jeanne, to=dcc))
    return log_in_by_card(idp, browser)


def log_in_by_card(idp: IdentityProvider, browser: Browser, *, token: bytes = b"") -> Workstation:
    """Log in again with a card in the session of this browser. `token` is a new one unless it is given."""
    token, active = token or secrets.token_bytes(32), session_of(idp, browser)
    _, cookie = idp.services.sessions.begin(
        active.session.account_id,
        Authentication((CARD.achieved(datetime.now(UTC)),)),
        account_valid_from=active.session.account_valid_from,
        replacing=active.session,
        card_presence=sha256(token).digest(),
    )
    browser.cookies["localhost"][SESSION] = cookie
    return Workstation(idp, token)


@pytest.fixture
def demanding(idp, dcc):
    """The DCC, which demands that the card stays."""
    idp.amends(dcc, card_removal=CardRemoval.END_SESSION)
    return dcc


@pytest.fixture
def told(idp, demanding, server):
    """The DCC, whose server is told of the end of a session."""
    idp.amends(demanding, backchannel_logout_uri=f"{server.address}/backchannel-logout")
    return demanding


def test_the_session_ends_at_once_and_the_application_is_told(idp, browser, told, server, workstation):
    assert workstation.tells() == 204
    assert is_logged_out(browser, told)
    idp.tells_applications()
    assert [each.path for each in server.received] == ["/backchannel-logout"]
    assert [kind for kind in idp.trail() if kind in ("session.ended", "card.removed")] == ["session.ended"]


def test_a_session_of_other_applications_stays_and_the_removal_is_in_the_trail(idp, browser, dcc, workstation):
    assert workstation.tells() == 204
    assert not is_logged_out(browser, dcc)
    workstation.tells()  # software repeats what it could not deliver
    assert idp.trail().count("card.removed") == 1
    assert "session.ended" not in idp.trail()


def test_an_application_that_demands_the_card_asks_for_it_anew_once_it_was_pulled(
    idp, browser, dcc, perinat, workstation
):
    idp.amends(perinat, card_removal=CardRemoval.END_SESSION)
    workstation.tells()
    assert is_logged_out(browser, perinat)
    assert not is_logged_out(browser, dcc)
    log_in_by_card(idp, browser)
    assert not is_logged_out(browser, perinat)


def test_a_code_that_was_not_redeemed_before_the_removal_is_void(idp, browser, jeanne, demanding):
    answered = demanding.answer(browser.logs_in(jeanne, to=demanding))
    log_in_by_card(idp, browser).tells()
    assert demanding.redeems(answered).status_code == 400
