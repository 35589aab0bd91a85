"""What an application may ask beside an identity: prompt, max_age, id_token_hint, acr. Core 1.0 section 3.1.2.1."""

import json

import pytest

CARD = "urn:oasis:names:tc:SAML:2.0:ac:classes:SmartcardPKI"
MFA = "https://refeds.org/profile/mfa"
PASSWORD = "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport"


def essential(*values: str) -> str:
    return json.dumps({"id_token": {"acr": {"essential": True, "values": list(values)}}})


# --- prompt ------------------------------------------------------------------------


def test_prompt_none_is_answered_while_a_session_is_open(browser, jeanne, dcc):
    browser.logs_in(jeanne, to=dcc)
    assert dcc.signs_in(browser.visits(dcc.asks(prompt="none"))).subject


def test_prompt_none_shows_no_page_without_a_session(browser, dcc):
    """Core 1.0 3.1.2.6: login_required."""
    answer = dcc.answer(browser.visits(dcc.asks(prompt="none")))
    assert answer.error == "login_required"
    assert len(browser.exchanges) == 1


def test_prompt_none_shows_no_page_when_the_session_ends_while_it_is_answered(idp, browser, jeanne, dcc, monkeypatch):
    browser.logs_in(jeanne, to=dcc)
    store = idp.app.extensions["idp"].store
    put_all = store.put_all

    def once_the_session_has_ended(puts, *, while_exist=()):
        store.delete(*while_exist)
        return put_all(puts, while_exist=while_exist)

    monkeypatch.setattr(store, "put_all", once_the_session_has_ended)
    assert dcc.answer(browser.visits(dcc.asks(prompt="none"))).error == "login_required"


def test_prompt_none_with_anything_else_is_an_error(browser, dcc):
    """Core 1.0 3.1.2.1: if this parameter contains none with any other value, an error is returned."""
    assert dcc.answer(browser.visits(dcc.asks(prompt="none login"))).error == "invalid_request"


@pytest.mark.parametrize("prompt", ["login", "login consent"])
def test_prompt_login_asks_again_and_the_session_goes_on(browser, jeanne, dcc, prompt):
    first = dcc.signs_in(browser.logs_in(jeanne, to=dcc))
    page = browser.visits(dcc.asks(prompt=prompt))
    assert page.asks_for("password")
    assert "Par sécurité" in page.text
    again = dcc.signs_in(browser.gives(jeanne))
    assert again.claims["auth_time"] >= first.claims["auth_time"]
    assert again.claims["sid"] == first.claims["sid"]


@pytest.mark.parametrize("prompt", ["select_account", "consent"])
def test_prompt_select_account_shows_who_is_here(browser, jeanne, dcc, prompt):
    browser.logs_in(jeanne, to=dcc)
    page = browser.visits(dcc.asks(prompt=prompt))
    assert "Jeanne Dupont" in page.text
    assert not page.asks_for("password")
    assert dcc.signs_in(browser.submits(page.form_of("Continuer avec le compte"))).subject


def test_prompt_select_account_is_a_login_where_nobody_is(browser, jeanne, dcc):
    assert dcc.signs_in(browser.logs_in(jeanne, to=dcc, prompt="select_account")).subject


def test_a_prompt_we_do_not_know_is_an_error(browser, dcc):
    assert dcc.answer(browser.visits(dcc.asks(prompt="create"))).error == "invalid_request"


# --- max_age -------------------------------------------------------------------------


def test_a_login_that_is_recent_enough_is_not_asked_again(browser, jeanne, dcc, clock):
    browser.logs_in(jeanne, to=dcc)
    clock.shift(299)
    assert dcc.signs_in(browser.visits(dcc.asks(max_age="300"))).subject


def test_a_login_older_than_max_age_is_asked_again(browser, jeanne, dcc, clock):
    first = dcc.signs_in(browser.logs_in(jeanne, to=dcc))
    clock.shift(301)
    assert browser.visits(dcc.asks(max_age="300")).asks_for("password")
    again = dcc.signs_in(browser.gives(jeanne))
    assert again.claims["auth_time"] >= first.claims["auth_time"] + 301


def test_max_age_0_is_prompt_login(browser, jeanne, dcc):
    browser.logs_in(jeanne, to=dcc)
    assert browser.visits(dcc.asks(max_age="0")).asks_for("password")
    assert dcc.signs_in(browser.gives(jeanne)).subject


def test_max_age_and_prompt_none_together_are_login_required(browser, jeanne, dcc, clock):
    browser.logs_in(jeanne, to=dcc)
    clock.shift(10)
    assert dcc.answer(browser.visits(dcc.asks(max_age="5", prompt="none"))).error == "login_required"


def test_a_max_age_that_is_no_number_is_an_error(browser, dcc):
    for max_age in ("-1", "1.5", "abc", "٣", "9" * 30):
        assert dcc.answer(browser.visits(dcc.asks(max_age=max_age))).error == "invalid_request"


# --- id_token_hint -------------------------------------------------------------------


def test_a_hint_of_the_person_who_is_here_changes_nothing(browser, jeanne, dcc):
    first = dcc.signs_in(browser.logs_in(jeanne, to=dcc))
    again = dcc.signs_in(browser.visits(dcc.asks(id_token_hint=first.id_token, prompt="none")))
    assert again.subject == first.subject


def test_a_hint_that_has_expired_is_still_a_hint(browser, jeanne, dcc, clock):
    """Core 1.0 3.1.2.1: the OP need not be listed as an audience, and the token may have expired."""
    first = dcc.signs_in(browser.logs_in(jeanne, to=dcc))
    clock.shift(600)
    assert dcc.signs_in(browser.visits(dcc.asks(id_token_hint=first.id_token, prompt="none"))).subject


def test_a_hint_of_somebody_else_asks_for_that_person(idp, browser, jeanne, paul, perinat):
    hint = perinat.signs_in(idp.a_browser().logs_in(paul, to=perinat)).id_token
    browser.logs_in(jeanne, to=perinat)
    assert perinat.answer(browser.visits(perinat.asks(id_token_hint=hint, prompt="none"))).error == "login_required"
    page = browser.visits(perinat.asks(id_token_hint=hint))
    assert page.asks_for("password")
    assert "L'application attend la personne" in page.text.replace("’", "'")
    again = browser.gives(jeanne)
    assert again.asks_for("password"), "Jeanne is still not Paul"
    assert perinat.signs_in(browser.gives(paul)).subject


def test_a_subject_may_be_asked_for_in_claims(idp, browser, jeanne, paul, perinat):
    """Core 1.0 5.5.1: sub with a value."""
    subject = perinat.signs_in(idp.a_browser().logs_in(paul, to=perinat)).subject
    browser.logs_in(jeanne, to=perinat)
    for asked in ({"value": subject}, {"values": [subject]}, {"values": [subject, "nobody"], "essential": True}):
        claims = json.dumps({"id_token": {"sub": asked}})
        assert perinat.answer(browser.visits(perinat.asks(claims=claims, prompt="none"))).error == "login_required"
    assert perinat.signs_in(browser.logs_in(paul, to=perinat, claims=claims)).subject == subject


def test_one_of_several_subjects_asked_for_may_be_here(idp, browser, jeanne, perinat):
    """Core 1.0 5.5.1: `values`."""
    subject = perinat.signs_in(browser.logs_in(jeanne, to=perinat)).subject
    claims = json.dumps({"id_token": {"sub": {"values": ["somebody", subject]}}})
    assert perinat.signs_in(browser.visits(perinat.asks(claims=claims, prompt="none"))).subject == subject


def test_a_hint_and_a_subject_must_be_of_one_person(idp, browser, jeanne, perinat):
    signed_in = perinat.signs_in(browser.logs_in(jeanne, to=perinat))
    claims = json.dumps({"id_token": {"sub": {"values": ["somebody", "else"]}}})
    asked = perinat.asks(claims=claims, prompt="none", id_token_hint=signed_in.id_token)
    assert perinat.answer(browser.visits(asked)).error == "login_required"


# --- acr -------------------------------------------------------------------------------


def test_an_acr_merely_wished_for_is_not_insisted_on(browser, jeanne, dcc):
    """Core 1.0 3.1.2.1, acr_values: a voluntary claim; the ID token says what was reached."""
    signed_in = dcc.signs_in(browser.logs_in(jeanne, to=dcc, acr_values=f"{CARD} {MFA}"))
    assert signed_in.claims["acr"] == PASSWORD


def test_an_essential_acr_that_is_reached_is_answered(browser, jeanne, dcc):
    signed_in = dcc.signs_in(browser.logs_in(jeanne, to=dcc, claims=essential(MFA, PASSWORD)))
    assert signed_in.claims["acr"] == PASSWORD


@pytest.mark.parametrize("asked", [{}, {"value": None}, {"values": None}])
def test_an_essential_acr_without_a_value_binds_nothing(browser, jeanne, dcc, asked):
    """Core 1.0 5.5.1: it asks that the claim be there, whatever it says."""
    claims = json.dumps({"id_token": {"acr": {"essential": True, **asked}}})
    signed_in = dcc.signs_in(browser.logs_in(jeanne, to=dcc, claims=claims))
    assert signed_in.claims["acr"] == PASSWORD


def test_an_essential_acr_that_no_method_reaches_is_refused(browser, jeanne, dcc):
    """Core 1.0 5.5.1.1: if the acr is essential and cannot be met, the authentication attempt has failed."""
    page = browser.visits(dcc.asks(claims=essential(CARD)))
    assert page.status == 403
    assert "carte CPS" in page.text
    assert dcc.answer(browser.follows("Revenir")).error == "unmet_authentication_requirements"


def test_an_essential_acr_refused_without_a_page(browser, jeanne, dcc):
    browser.logs_in(jeanne, to=dcc)
    page = browser.visits(dcc.asks(claims=essential(CARD), prompt="none"))
    assert dcc.answer(page).error == "unmet_authentication_requirements"


def test_an_essential_acr_that_we_have_never_heard_of_is_refused(browser, dcc):
    page = browser.visits(dcc.asks(claims=essential("urn:example:unheard-of")))
    assert dcc.answer(page).error == "unmet_authentication_requirements"


# --- what we do not do is said ---------------------------------------------------------


NOT_DONE: list[tuple[dict[str, str | None], str]] = [
    ({"response_type": "token"}, "unsupported_response_type"),
    ({"response_type": "code id_token"}, "unsupported_response_type"),
    ({"response_type": None}, "invalid_request"),
    ({"scope": "profile"}, "invalid_scope"),
    ({"scope": None}, "invalid_scope"),
    ({"scope": "openid\tprofile"}, "invalid_scope"),
    ({"scope": "openid\nprofile"}, "invalid_scope"),
    ({"scope": "openid\u00a0profile"}, "invalid_scope"),
    ({"scope": 'openid "profile"'}, "invalid_scope"),
    ({"prompt": "login\tconsent"}, "invalid_request"),
    ({"request": "e30.e30."}, "request_not_supported"),
    ({"request_uri": "https://dcc.example/r"}, "request_uri_not_supported"),
    ({"registration": "{}"}, "registration_not_supported"),
    ({"response_mode": "form_post"}, "invalid_request"),
    ({"response_mode": "fragment"}, "invalid_request"),
    ({"claims": "[]"}, "invalid_request"),
    ({"claims": '{"id_token": []}'}, "invalid_request"),
    ({"claims": "[" * 1500}, "invalid_request"),
    ({"claims": '{"id_token": {"sub": {"values": []}}}'}, "invalid_request"),
    ({"claims": '{"id_token": {"sub": {"values": "one"}}}'}, "invalid_request"),
    ({"claims": '{"id_token": {"sub": {"values": [1]}}}'}, "invalid_request"),
    ({"claims": '{"id_token": {"sub": {"value": 1}}}'}, "invalid_request"),
    ({"claims": '{"id_token": {"sub": {"value": "a", "values": ["b"]}}}'}, "invalid_request"),
    ({"claims": '{"id_token": {"acr": {"values": {}}}}'}, "invalid_request"),
    ({"code_challenge": None}, "invalid_request"),
    ({"code_challenge_method": "plain"}, "invalid_request"),
    ({"code_challenge_method": None}, "invalid_request"),
    ({"nonce": "n" * 513}, "invalid_request"),
]


def test_what_we_do_not_do_is_said_to_the_application(browser, dcc):
    """Core 1.0 3.1.2.6, RFC 6749 4.1.2.1: with the state, and the issuer (RFC 9207)."""
    for asked, error in NOT_DONE:
        answer = dcc.answer(browser.visits(dcc.asks(**asked)))
        assert (asked, answer.error) == (asked, error)
        assert answer.description
