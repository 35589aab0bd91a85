"""People sign in to enrollment at the identity provider, as to any application (enrollment/sign_in)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import time_machine

from config.redis.store import Store, StoreUnavailable
from enrollment.sign_in.provider import SignIn
from enrollment.sign_in.sessions import SignedInSession
from idp.accounts.operator_roles import HeldRole, OperatorRoleName, community_scope
from idp.keys.key_ring import Algorithm
from idp.oidc.backchannel_logout import EVENT, TOKEN_TYPE
from idp.oidc.id_token import sign
from tests.actors.browser import Browser, Professional
from tests.fixtures.region import CAMILLE, Region
from tests.ports import free_ports

MINUTE = timedelta(minutes=1)


@pytest.fixture
def camille(region: Region) -> Professional:
    return region.operator(CAMILLE, HeldRole(OperatorRoleName.APPROVER, community_scope("onco-centre")))


@pytest.fixture
def browser(region: Region) -> Browser:
    return region.a_browser()


def sign_in(region: Region, browser: Browser, person: Professional) -> None:
    browser.visits(f"{region.enrollment.address}/sign-in?then=/accessibility")
    browser.gives(person)


def session_of(region: Region, browser: Browser) -> SignedInSession | None:
    jar = browser.cookies.get("127.0.0.1", {})
    return region.enrollment.services.sign_ins.find(jar.get("__Host-enrollment-session"))


def logout_token(region: Region, session: SignedInSession, **changed: object) -> str:
    """A logout token of the identity provider for this session; `changed` are other claims."""
    now = int(datetime.now(UTC).timestamp())
    claims = {
        "iss": region.idp.issuer,
        "aud": "enrollment",
        "iat": now,
        "exp": now + 120,
        "jti": "of-a-test",
        "events": {EVENT: {}},
        "sid": session.person.sid,
    }
    present = {name: value for name, value in (claims | changed).items() if value is not None}
    return sign(present, algorithm=Algorithm.RS256, ring=region.idp.services.keys.ring(), typ=TOKEN_TYPE)


def fails(*_: object) -> None:
    raise StoreUnavailable


def post_logout(region: Region, token: str) -> int:
    client = region.enrollment.app.test_client()
    response = client.post("/backchannel-logout", data={"logout_token": token}, base_url=region.enrollment.address)
    assert response.headers["Cache-Control"] == "no-store"
    return response.status_code


def begun_state(region: Region, browser: Browser) -> str:
    begun = browser.asks(f"{region.enrollment.address}/sign-in")
    return parse_qs(urlsplit(begun.headers["Location"]).query)["state"][0]


def test_an_operator_signs_in_with_the_roles_of_the_account_and_goes_on(region, browser, camille):
    sign_in(region, browser, camille)
    assert browser.page.url == f"{region.enrollment.address}/accessibility"
    person = session_of(region, browser).person
    assert (person.name, person.username) == ("Camille Ferrand", "cferrand")
    assert person.roles == {"approver:community:onco-centre"}
    assert region.enrollment.trail() == ["operator.signed-in"]


def test_a_person_without_a_role_signs_in_too(region, browser, jeanne):
    sign_in(region, browser, jeanne)
    assert session_of(region, browser).person.roles == frozenset()
    assert region.enrollment.trail() == [], "she is no operator, and the identity provider has recorded her login"


def test_with_a_session_at_the_identity_provider_no_password_is_asked(region, browser, camille):
    sign_in(region, browser, camille)
    del browser.cookies["127.0.0.1"]
    assert browser.visits(f"{region.enrollment.address}/sign-in").url == f"{region.enrollment.address}/"
    assert session_of(region, browser) is not None


def test_signing_out_ends_both_sessions(region, browser, camille):
    sign_in(region, browser, camille)
    form = browser.visits(f"{region.enrollment.address}/sign-out").form_of("Me déconnecter")
    browser.submits(form)
    assert session_of(region, browser) is None
    assert region.enrollment.trail()[-1] == "operator.signed-out"
    assert browser.visits(f"{region.enrollment.address}/sign-in").asks_for("login", "password")


def test_another_site_cannot_sign_a_person_out(region, browser, camille):
    sign_in(region, browser, camille)
    page = browser.visits(f"{region.enrollment.address}/sign-out")
    assert "Camille Ferrand" in page.text
    assert session_of(region, browser) is not None


def test_a_logout_at_the_identity_provider_ends_the_session_here(region, browser, camille):
    sign_in(region, browser, camille)
    browser.submits(browser.visits(f"{region.idp.issuer}/logout").form_of("Me déconnecter"))
    region.idp.tells_applications()
    assert session_of(region, browser) is None


def test_a_logout_token_is_good_once_and_for_its_own_session(region, browser, camille, jeanne):
    sign_in(region, browser, camille)
    other = region.a_browser()
    sign_in(region, other, jeanne)
    token = logout_token(region, session_of(region, other))
    assert post_logout(region, token) == 200
    assert session_of(region, other) is None
    assert session_of(region, browser) is not None
    del other.cookies["127.0.0.1"]
    with time_machine.travel(datetime.now(UTC) + MINUTE, tick=True):
        other.visits(f"{region.enrollment.address}/sign-in")
        assert post_logout(region, token) == 200
        assert session_of(region, other) is not None


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": "https://elsewhere.example"},
        {"aud": "dcc"},
        {"aud": ["enrollment", "dcc"]},
        {"iat": 1_000_000_000},
        {"exp": 1_000_000_000},
        {"exp": None},
        {"events": None},
        {"events": {"other": {}}},
        {"nonce": "n"},
        {"sid": None},
        {"sid": 7},
        {"jti": None},
    ],
)
def test_a_logout_token_that_breaks_a_rule_ends_nothing(region, browser, camille, changed):
    """OpenID Connect Back-Channel Logout 1.0, section 2.6."""
    sign_in(region, browser, camille)
    assert post_logout(region, logout_token(region, session_of(region, browser), **changed)) == 400
    assert session_of(region, browser) is not None


def test_a_logout_that_comes_while_the_sign_in_is_completed_ends_it(region, browser, camille):
    """The identity provider has given the ID token, and its session has ended before ours is open."""
    sign_in(region, browser, camille)
    session = session_of(region, browser)
    assert post_logout(region, logout_token(region, session)) == 200
    sign_ins = region.enrollment.services.sign_ins
    completed = SignIn(person=session.person, id_token=session.id_token, issued_at=datetime.now(UTC).timestamp() - 2)
    assert sign_ins.open(completed) is None
    another = replace(completed, person=replace(session.person, sid="another-session"))
    assert sign_ins.find(sign_ins.open(another)) is not None


def test_a_logout_that_failed_is_not_taken_for_a_replay(region, browser, camille, monkeypatch):
    """The identity provider sends it again: the session ends then."""
    sign_in(region, browser, camille)
    token = logout_token(region, session_of(region, browser))
    with monkeypatch.context() as failing:
        failing.setattr(Store, "delete", fails)
        assert post_logout(region, token) == 503
    assert session_of(region, browser) is not None
    assert post_logout(region, token) == 200
    assert session_of(region, browser) is None


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "eyJhbGciOiJub25lIn0.e30.", "é" * 9, "y" * 20_000])
def test_a_forged_logout_token_is_refused(region, token):
    assert post_logout(region, token) == 400


def test_an_id_token_is_no_logout_token(region, browser, camille):
    sign_in(region, browser, camille)
    assert post_logout(region, session_of(region, browser).id_token) == 400
    assert session_of(region, browser) is not None


def test_an_answer_counts_once_and_in_the_browser_that_asked(region, browser, camille):
    sign_in(region, browser, camille)
    [callback] = [each.url for each in browser.exchanges if "/sign-in/callback" in each.url]
    for replaying in (browser, region.a_browser()):
        replaying.cookies.get("127.0.0.1", {}).pop("__Host-enrollment-session", None)
        assert replaying.visits(callback).status == 400
        assert session_of(region, replaying) is None


def test_an_answer_to_an_attacker_does_not_sign_the_victim_in(region):
    """Login CSRF: the state belongs to the attacker's browser."""
    attacker, victim = region.a_browser(), region.a_browser()
    victim.visits(f"{region.enrollment.address}/")
    query = urlencode({"code": "stolen", "state": begun_state(region, attacker), "iss": region.idp.issuer})
    assert victim.visits(f"{region.enrollment.address}/sign-in/callback?{query}").status == 400


@pytest.mark.parametrize(
    "answer",
    [
        {"code": "unknown", "iss": "https://elsewhere.example"},
        {"code": "unknown"},
        {"error": "access_denied", "iss": "{issuer}"},
        {"iss": "{issuer}"},
        {"code": "unknown", "iss": "{issuer}"},
        {"code": "x" * 5_000, "iss": "{issuer}"},
    ],
)
def test_a_wrong_answer_is_refused_with_a_way_on(region, browser, answer):
    given = {name: value.format(issuer=region.idp.issuer) for name, value in answer.items()}
    query = urlencode(given | {"state": begun_state(region, browser)})
    page = browser.visits(f"{region.enrollment.address}/sign-in/callback?{query}")
    assert page.status == 400
    assert page.link("Revenir au formulaire").endswith("/sign-in")
    assert session_of(region, browser) is None


def test_a_session_ends_when_it_is_too_old(region, browser, camille):
    sign_in(region, browser, camille)
    oldest = region.enrollment.settings.operator_session_absolute
    with time_machine.travel(datetime.now(UTC) + oldest + MINUTE, tick=False):
        assert session_of(region, browser) is None


def test_a_session_ends_when_it_is_unused_and_stays_while_it_is_used(region, browser, camille):
    sign_in(region, browser, camille)
    idle = region.enrollment.settings.operator_session_idle
    now = datetime.now(UTC)
    with time_machine.travel(now, tick=False) as clock:
        clock.move_to(now + idle - MINUTE)
        assert session_of(region, browser) is not None
        clock.move_to(now + 2 * idle - 3 * MINUTE)
        assert session_of(region, browser) is not None
        clock.move_to(now + 3 * idle)
        assert session_of(region, browser) is None


@pytest.mark.parametrize("then", ["https://elsewhere.example/", "//elsewhere.example", "/\\elsewhere.example", "x"])
def test_a_sign_in_goes_on_to_a_page_of_ours_only(region, browser, camille, then):
    browser.visits(f"{region.enrollment.address}/sign-in?{urlencode({'then': then})}")
    assert browser.gives(camille).url == f"{region.enrollment.address}/"


class TestWhileTheIdentityProviderIsAway:
    @pytest.fixture
    def changed_enrollment_settings(self):
        return {"idp_issuer": f"http://127.0.0.1:{free_ports(1)[0]}"}

    def test_the_page_says_so(self, enrollment):
        assert enrollment.a_browser().visits(f"{enrollment.address}/sign-in").status == 503


def test_a_page_that_a_browser_loads_ahead_begins_no_sign_in(region):
    response = region.enrollment.app.test_client().get(
        "/sign-in", base_url=region.enrollment.address, headers={"Sec-Purpose": "prefetch"}
    )
    assert response.status_code == 503
