"""An application is told by its server that the session has ended. OpenID Connect Back-Channel Logout 1.0."""

from datetime import timedelta
from urllib.parse import parse_qs

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from relying_parties.policy import SubjectType
from tests.actors.application import parts_of
from tests.actors.server import Said, a_server
from tests.builders.registry import a_registration

EVENT = "http://schemas.openid.net/event/backchannel-logout"


@pytest.fixture
def changed_settings():
    """Jobs run when a test says so, and no page need wait for them."""
    return {"logout_wait": timedelta(milliseconds=1)}


@pytest.fixture
def server():
    with a_server() as listening:
        yield listening


@pytest.fixture
def told(idp, dcc, server):
    """The DCC, whose server is told."""
    idp.amends(dcc, backchannel_logout_uri=f"{server.address}/backchannel-logout")
    return dcc


def logout_tokens(server):
    return [parse_qs(came.body.decode())["logout_token"][0] for came in server.received]


def signs_out(browser, application, form="Me déconnecter"):
    page = browser.visits(f"{application.issuer}/account")
    return browser.submits(page.form_of(form))


# --- the token (section 2.4) -----------------------------------------------------------


def test_the_application_is_told_with_a_token_that_names_the_session(idp, browser, jeanne, told, server):
    signed_in = told.signs_in(browser.logs_in(jeanne, to=told))
    signs_out(browser, told)
    idp.tells_applications()
    [came] = server.received
    assert (came.method, came.path) == ("POST", "/backchannel-logout")
    assert came.headers["Content-Type"] == "application/x-www-form-urlencoded"
    [token] = logout_tokens(server)
    header, claims = parts_of(token)
    assert header["typ"] == "logout+jwt"
    assert header["alg"] == "RS256"
    assert claims["iss"] == told.issuer
    assert claims["aud"] == told.client_id
    assert claims["sid"] == signed_in.claims["sid"]
    assert claims["sub"] == signed_in.subject
    assert claims["events"] == {EVENT: {}}
    assert 0 < claims["exp"] - claims["iat"] <= 120
    assert claims["jti"]
    assert "nonce" not in claims


def test_others_verification_accepts_the_token(idp, browser, jeanne, told, server):
    """Section 2.6, by joserfc, as other people's applications do it."""
    told.signs_in(browser.logs_in(jeanne, to=told))
    signs_out(browser, told)
    idp.tells_applications()
    [token] = logout_tokens(server)
    published = told.calls.get("/oidc/jwks").get_json()
    verified = jwt.decode(token, KeySet.import_key_set(published), algorithms=["RS256"])
    jwt.JWTClaimsRegistry(
        iss={"essential": True, "value": told.issuer},
        aud={"essential": True, "value": told.client_id},
        events={"essential": True, "value": {EVENT: {}}},
        exp={"essential": True},
        iat={"essential": True},
    ).validate(verified.claims)
    assert verified.header["typ"] == "logout+jwt"


def test_the_token_is_signed_as_the_application_s_id_tokens_are(idp, browser, jeanne, told, server):
    idp.amends(told, id_token_signing_alg="ES256")
    told.signs_in(browser.logs_in(jeanne, to=told))
    signs_out(browser, told)
    idp.tells_applications()
    assert parts_of(logout_tokens(server)[0])[0]["alg"] == "ES256"


def test_a_pairwise_application_is_told_the_subject_it_knows(idp, browser, jeanne, perinat, server):
    pairwise = idp.registers(
        a_registration(
            name="etudes",
            client_id="etudes",
            subject_type=SubjectType.PAIRWISE,
            sector="dcc.example",
            backchannel_logout_uri=f"{server.address}/",
        )
    )
    signed_in = pairwise.signs_in(browser.logs_in(jeanne, to=pairwise))
    elsewhere = perinat.signs_in(browser.visits(perinat.asks()))
    signs_out(browser, pairwise)
    idp.tells_applications()
    claims = parts_of(logout_tokens(server)[0])[1]
    assert claims["sub"] == signed_in.subject != elsewhere.subject


def test_a_logout_token_is_no_hint(idp, browser, jeanne, told, server):
    """Prevents: a token that was sent to end one session being shown to end another without a question."""
    told.signs_in(browser.logs_in(jeanne, to=told))
    signs_out(browser, told)
    idp.tells_applications()
    browser.logs_in(jeanne, to=told)
    page = browser.visits(told.asks_to_log_out(None, id_token_hint=logout_tokens(server)[0], client_id=None))
    assert page.form_of("Me déconnecter")


def test_discovery_says_that_applications_are_told(told):
    published = told.calls.get("/.well-known/openid-configuration").get_json()
    assert published["backchannel_logout_supported"] is True
    assert published["backchannel_logout_session_supported"] is True


# --- who is told, and when ---------------------------------------------------------------


def test_the_session_here_ends_before_anybody_is_told(idp, browser, jeanne, told, server):
    told.signs_in(browser.logs_in(jeanne, to=told))
    signs_out(browser, told)
    assert server.received == []
    assert told.answer(browser.visits(told.asks(prompt="none"))).error == "login_required"
    idp.tells_applications()
    assert len(server.received) == 1


def test_one_application_s_logout_tells_the_other_and_goes_back_at_once(idp, browser, jeanne, told, perinat, server):
    told.signs_in(browser.logs_in(jeanne, to=told))
    there = perinat.signs_in(browser.visits(perinat.asks()))
    page = browser.visits(perinat.asks_to_log_out(there))
    assert page.url.startswith(perinat.post_logout_redirect_uri)
    idp.tells_applications()
    assert len(server.received) == 1


def test_the_one_that_asked_is_told_too_for_its_other_servers(idp, browser, jeanne, told, server):
    signed_in = told.signs_in(browser.logs_in(jeanne, to=told))
    assert browser.visits(told.asks_to_log_out(signed_in)).url.startswith(told.post_logout_redirect_uri)
    idp.tells_applications()
    assert len(server.received) == 1


def test_one_that_cannot_be_told_is_named_before_the_person_goes_back(browser, jeanne, told, perinat):
    """Périnat has no address to be told at: a person who signs out of the DCC must know that it may still be open."""
    signed_in = told.signs_in(browser.logs_in(jeanne, to=told))
    perinat.signs_in(browser.visits(perinat.asks()))
    page = browser.visits(told.asks_to_log_out(signed_in))
    assert "peut-être encore ouverte" in page.text
    assert page.link("Périnat") == perinat.home_url
    assert page.link("Revenir") == f"{told.post_logout_redirect_uri}?state=loggedout"


def test_a_person_who_says_this_is_not_me_has_the_applications_told(idp, browser, jeanne, told, server):
    idp.amends(told, confirm_identity=True)
    told.signs_in(browser.logs_in(jeanne, to=told))
    page = browser.visits(told.asks())
    [form] = [form for form in page.forms if form.fields.get("choice", "") != "continue" and "choice" in form.fields]
    browser.submits(form)
    idp.tells_applications()
    assert len(server.received) == 1


def test_another_person_who_logs_in_here_has_the_applications_of_the_first_told(
    idp, browser, jeanne, paul, told, perinat, server
):
    told.signs_in(browser.logs_in(jeanne, to=told))
    browser.visits(perinat.asks(prompt="login"))
    browser.gives(paul)
    idp.tells_applications()
    assert len(server.received) == 1


def test_a_session_that_lapsed_is_not_forgotten_by_a_logout(idp, browser, jeanne, told, server, clock):
    """Idle too long here, and perhaps open there all the same: who signs out then means that too.

    They are asked first, as ever; and not by name, since another person may be here by now.
    """
    told.signs_in(browser.logs_in(jeanne, to=told))
    clock.shift(timedelta(minutes=31).total_seconds())
    page = browser.visits(f"{told.issuer}/logout")
    assert "Jeanne" not in page.text
    idp.tells_applications()
    assert server.received == []
    page = browser.submits(page.form_of("Me déconnecter"))
    assert "Déconnexion en cours" in page.text
    idp.tells_applications()
    assert len(server.received) == 1


def test_what_a_lapsed_session_had_opened_is_closed_with_the_next_one(
    idp, browser, jeanne, told, perinat, server, clock
):
    """Prevents: an application still open that nobody names, since the session it was opened in lapsed meanwhile."""
    signed_in = told.signs_in(browser.logs_in(jeanne, to=told))
    clock.shift(timedelta(minutes=31).total_seconds())
    browser.logs_in(jeanne, to=perinat)
    assert "Dossier communicant" in browser.visits(f"{told.issuer}/account").text
    signs_out(browser, told)
    idp.tells_applications()
    [token] = logout_tokens(server)
    assert parts_of(token)[1]["sid"] == signed_in.claims["sid"]


def test_another_person_does_not_inherit_it(idp, browser, jeanne, paul, told, perinat, server, clock):
    told.signs_in(browser.logs_in(jeanne, to=told))
    clock.shift(timedelta(minutes=31).total_seconds())
    browser.logs_in(paul, to=perinat)
    assert "Dossier communicant" not in browser.visits(f"{told.issuer}/account").text
    idp.tells_applications()
    assert len(server.received) == 1


def test_an_account_that_was_closed_has_its_applications_told_when_its_browser_comes_back(
    idp, browser, jeanne, told, server
):
    """Its session is void at once; the applications cannot be told before a request asks about it."""
    told.signs_in(browser.logs_in(jeanne, to=told))
    idp.disables(jeanne)
    browser.submits(browser.visits(f"{told.issuer}/logout").form_of("Me déconnecter"))
    idp.tells_applications()
    assert len(server.received) == 1


# --- what it answers (section 2.8) ---------------------------------------------------------


def test_the_page_says_which_application_has_confirmed(idp, browser, jeanne, told):
    told.signs_in(browser.logs_in(jeanne, to=told))
    page = signs_out(browser, told)
    assert "pas encore confirmé" in page.text
    idp.tells_applications()
    page = browser.follows("Vérifier de nouveau")
    assert "Applications fermées" in page.text
    assert "pas encore confirmé" not in page.text
    assert idp.trail()[-2:] == ["session.ended", "logout.notified"]


@pytest.mark.parametrize("status", [500, 503, 429])
def test_one_that_stumbles_is_told_again(idp, browser, jeanne, told, server, clock, status):
    server.says = lambda _: Said(status=status)
    told.signs_in(browser.logs_in(jeanne, to=told))
    signs_out(browser, told)
    idp.tells_applications()
    page = browser.visits(browser.page.url)
    assert "nouvel essai prévu" in page.text
    server.says = lambda _: Said(status=200)
    clock.shift(11)
    idp.tells_applications()
    assert "Applications fermées" in browser.visits(browser.page.url).text
    first, second = logout_tokens(server)
    assert parts_of(first)[1]["jti"] != parts_of(second)[1]["jti"]


def test_one_that_refuses_is_not_told_again_and_is_named(idp, browser, jeanne, told, server, clock):
    server.says = lambda _: Said(status=400, content_type="application/json", body=b'{"error":"invalid_request"}')
    told.signs_in(browser.logs_in(jeanne, to=told))
    signs_out(browser, told)
    idp.tells_applications()
    page = browser.visits(browser.page.url)
    assert "n’a pas confirmé" in page.text
    assert page.link("Dossier communicant") == told.home_url
    clock.shift(3600)
    idp.tells_applications()
    assert len(server.received) == 1


def test_an_application_is_not_told_for_ever(idp, browser, jeanne, told, server, clock):
    """Its own session is over by then."""
    server.says = lambda _: Said(status=503)
    told.signs_in(browser.logs_in(jeanne, to=told))
    signs_out(browser, told)
    for _ in range(12):
        idp.tells_applications()
        clock.shift(timedelta(hours=1).total_seconds())
    tried = len(server.received)
    assert tried <= 6
    for _ in range(3):
        clock.shift(timedelta(hours=2).total_seconds())
        idp.tells_applications()
    assert len(server.received) == tried


def test_an_application_that_was_changed_meanwhile_is_told_where_it_now_is(idp, browser, jeanne, told, server):
    """Only the registered address is ever called, and never one that a job has kept."""
    told.signs_in(browser.logs_in(jeanne, to=told))
    signs_out(browser, told)
    with a_server() as moved:
        idp.amends(told, backchannel_logout_uri=f"{moved.address}/new")
        idp.tells_applications()
        assert [came.path for came in moved.received] == ["/new"]
    assert server.received == []
