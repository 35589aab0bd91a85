"""From an application's button to its page: design, journeys (a) and single sign-on."""

import re
from dataclasses import replace

from joserfc import jws

from relying_parties.policy import IdTokenAlgorithm, SubjectType
from tests.builders.operators import OPERATOR
from tests.builders.registry import a_registration

BY_PASSWORD = "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport"


def test_a_professional_logs_in_to_an_application_by_password(browser, jeanne, dcc):
    page = browser.visits(dcc.asks())
    assert page.status == 200
    assert "Dossier communicant de cancérologie" in page.text
    assert page.asks_for("login", "password")

    signed_in = dcc.signs_in(browser.gives(jeanne))

    assert signed_in.claims["acr"] == BY_PASSWORD
    assert signed_in.claims["amr"] == ["pwd"]
    assert dcc.learns(signed_in) == {
        "sub": signed_in.subject,
        "given_name": "Jeanne",
        "family_name": "Dupont",
        "email": "jeanne.dupont@exemple.test",
        "email_verified": False,
        "preferred_username": "jdupont",
        "SubjectRole": ["10^1.2.250.1.71.1.2.7"],
    }


def test_an_application_learns_what_it_asks_for_and_no_more(browser, jeanne, perinat):
    signed_in = perinat.signs_in(browser.logs_in(jeanne, to=perinat, scope="openid email unknown"))
    email = {"email": "jeanne.dupont@exemple.test", "email_verified": False}
    assert perinat.learns(signed_in) == {"sub": signed_in.subject, **email}


def test_an_address_is_verified_once_a_link_that_was_mailed_there_is_used(idp, browser, jeanne, perinat):
    """Core 1.0 5.1, email_verified: steps were taken to ensure that the person controls the address."""
    snapshot = idp.services.accounts.by_username(jeanne.login)
    idp.services.account_service.mail_link(snapshot, actor=OPERATOR)
    token = re.search(r"/password/choose/(\S+)", idp.letters()[-1].get_content()).group(1)
    idp.services.password_links.use(token, "Verger-Calme-93%", address="", agent="")
    signed_in = perinat.signs_in(browser.logs_in(replace(jeanne, password="Verger-Calme-93%"), to=perinat))
    assert perinat.learns(signed_in)["email_verified"] is True


def test_the_second_application_asks_for_nothing(browser, jeanne, dcc, perinat):
    first = dcc.signs_in(browser.logs_in(jeanne, to=dcc))
    second = perinat.signs_in(browser.visits(perinat.asks()))
    assert second.claims["auth_time"] == first.claims["auth_time"]
    assert second.subject == first.subject


def test_a_wrong_password_is_said_and_the_right_one_goes_on(browser, jeanne, dcc):
    browser.visits(dcc.asks())
    page = browser.gives(jeanne, "not it")
    assert page.status == 422
    assert "incorrect" in page.text
    assert page.form_with("login").fields["login"] == jeanne.login
    assert dcc.signs_in(browser.gives(jeanne)).subject


def test_no_request_of_the_journey_leaves_the_identity_provider_before_the_answer(browser, jeanne, dcc, idp):
    """The answer follows a form by a page of ours: CSP's form-action forbids a redirect to the application."""
    browser.logs_in(jeanne, to=dcc)
    assert [(seen.method, seen.status) for seen in browser.exchanges] == [
        ("GET", 303),  # the authentication request is kept, and has an address of its own
        ("GET", 200),  # the sign-on page
        ("POST", 303),  # the password
        ("GET", 200),  # the page that goes on
    ]


def test_a_session_that_is_open_answers_the_second_application_at_once(browser, jeanne, dcc, perinat):
    browser.logs_in(jeanne, to=dcc)
    before = len(browser.exchanges)
    perinat.answer(browser.visits(perinat.asks()))
    assert [seen.status for seen in browser.exchanges[before:]] == [303]


def test_who_did_what_is_written_down(browser, jeanne, dcc, perinat, idp):
    browser.visits(dcc.asks())
    browser.gives(jeanne, "not it")
    before = len(idp.trail()) - 1
    dcc.signs_in(browser.gives(jeanne))
    perinat.signs_in(browser.visits(perinat.asks()))
    assert idp.trail()[before:] == ["login.refused", "login.succeeded", "sign-in.answered", "sign-in.answered"]


def test_a_login_hint_is_typed_already(browser, dcc):
    """Core 1.0 3.1.2.1, login_hint."""
    page = browser.visits(dcc.asks(login_hint="jdupont"))
    assert page.form_with("login").fields["login"] == "jdupont"


def test_the_page_speaks_the_language_that_the_application_asks_for(browser, dcc):
    """Core 1.0 3.1.2.1, ui_locales: in the order of preference, what is not known is passed over."""
    assert browser.visits(dcc.asks(ui_locales="de en-GB fr")).headers["Content-Language"] == "en"
    assert browser.visits(dcc.asks(ui_locales="de")).headers["Content-Language"] == "fr"


def test_what_the_person_chose_wins_over_what_the_application_asks_for(browser, dcc):
    browser.visits(dcc.asks(ui_locales="fr"))
    assert browser.follows("English").headers["Content-Language"] == "en"


def test_state_comes_back_as_it_was_sent(browser, jeanne, dcc):
    """RFC 6749 4.1.2: the exact value received from the client."""
    state = "ordinaire & étrange = ? # % + /\\ \"<>'"
    answer = dcc.answer(browser.logs_in(jeanne, to=dcc, state=state))
    assert answer.state == state


def test_a_request_without_state_nonce_or_claims_is_answered(browser, jeanne, dcc):
    signed_in = dcc.signs_in(browser.logs_in(jeanne, to=dcc, state=None, nonce=None, scope="openid"))
    assert "nonce" not in signed_in.claims
    assert dcc.learns(signed_in) == {"sub": signed_in.subject}


def test_an_application_may_post_its_request(browser, jeanne, dcc):
    """Core 1.0 3.1.2.1: GET and POST. The POST comes without our cookies, and sets none."""
    browser.logs_in(jeanne, to=dcc)
    page = browser.is_made_to_post(f"{dcc.issuer}/oidc/authorize", **dcc.request())
    assert dcc.signs_in(page).subject
    assert [seen.cookies_set for seen in browser.exchanges if seen.method == "POST" and "authorize" in seen.url] == [()]


def test_claims_may_be_asked_for_one_by_one(browser, jeanne, dcc):
    """Core 1.0 5.5: in the ID token, and from userinfo."""
    claims = '{"id_token": {"email": {"essential": true}, "SubjectNameID": null}, "userinfo": {"given_name": null}}'
    signed_in = dcc.signs_in(browser.logs_in(jeanne, to=dcc, scope="openid", claims=claims))
    assert signed_in.claims["email"] == jeanne.email
    assert dcc.learns(signed_in) == {"sub": signed_in.subject, "given_name": "Jeanne"}


def test_an_address_that_has_a_query_keeps_it(idp, browser, jeanne):
    """RFC 6749 3.1.2: the query component MUST be retained."""
    application = idp.registers(
        a_registration(name="carnet", client_id="carnet", redirect_uris=("https://carnet.example/in?from=idp",))
    )
    page = browser.logs_in(jeanne, to=application)
    assert page.url.startswith("https://carnet.example/in?from=idp&")
    assert page.parameters["from"] == "idp"
    refused = browser.visits(application.asks(scope="profile"))
    assert refused.url.startswith("https://carnet.example/in?from=idp&error=invalid_scope")


def test_applications_of_another_sector_know_the_person_by_another_subject(idp, browser, jeanne, dcc):
    """Core 1.0 8.1."""
    terms = {"subject_type": SubjectType.PAIRWISE, "sector": "carnet.example"}
    application = idp.registers(a_registration(name="carnet", client_id="carnet", **terms))
    regional = dcc.signs_in(browser.logs_in(jeanne, to=dcc))
    own = application.signs_in(browser.visits(application.asks()))
    assert own.subject != regional.subject
    assert application.signs_in(browser.visits(application.asks())).subject == own.subject
    assert dcc.signs_in(browser.visits(dcc.asks())).subject == regional.subject


def test_an_id_token_is_signed_with_what_the_application_registered(idp, browser, jeanne):
    terms = {"id_token_signing_alg": IdTokenAlgorithm.ES256}
    application = idp.registers(a_registration(name="carnet", client_id="carnet", **terms))
    signed_in = application.signs_in(browser.logs_in(jeanne, to=application))
    assert jws.extract_compact(signed_in.id_token.encode()).headers()["alg"] == "ES256"
