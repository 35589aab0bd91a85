"""Prevents: forged ID tokens that come back as hints, and ID tokens that applications could be fooled with."""

import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode

import pytest
from joserfc import jws, jwt
from joserfc.jwk import ECKey, RSAKey

from relying_parties.problems import RegistrationProblems
from relying_parties.registration.toml_registration import read_toml
from tests.actors.application import parts_of
from tests.journeys.test_logout import is_logged_out


@pytest.fixture
def genuine(browser, jeanne, dcc):
    """What Jeanne's sign-in to the DCC was given."""
    return dcc.signs_in(browser.logs_in(jeanne, to=dcc))


def without_signature(claims):
    header, payload = ({"alg": "none", "typ": "JWT"}, claims)
    return f"{encoded(header)}.{encoded(payload)}."


def with_hmac(claims, key: bytes, **header) -> str:
    """By hand: the library refuses to sign so."""
    told = f"{encoded({'alg': 'HS256', **header})}.{encoded(claims)}"
    return f"{told}.{urlsafe_b64encode(hmac.digest(key, told.encode(), 'sha256')).rstrip(b'=').decode()}"


def encoded(content) -> str:
    return urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()


def signed(claims, key, **header):
    return jwt.encode({"typ": "JWT"} | header, claims, key, algorithms=[header["alg"]])


def forgeries(idp, dcc, genuine) -> dict[str, str]:
    """Tokens with the claims of a genuine one, none of them ours."""
    claims = dict(genuine.claims)
    ring = idp.services.keys.ring()
    ours = next(key for key in ring.published.keys if key.kid == parts_of(genuine.id_token)[0]["kid"])
    stranger, curve = RSAKey.generate_key(2048), ECKey.generate_key("P-256")
    header, payload, signature = genuine.id_token.split(".")
    return {
        "alg none": without_signature(claims),
        "alg none, signature kept": f"{without_signature(claims)}{signature}",
        "alg None": f"{encoded({'alg': 'None'})}.{payload}.",
        "no alg": f"{encoded({'typ': 'JWT'})}.{payload}.{signature}",
        "HS256 with the public key": with_hmac(claims, ours.as_pem(private=False), kid=ours.kid),
        "HS256 with the public key, DER": with_hmac(claims, ours.as_der(private=False), kid=ours.kid),
        "another key, our kid": signed(claims, stranger, alg="RS256", kid=ours.kid),
        "another key, unknown kid": signed(claims, stranger, alg="RS256", kid="unknown"),
        "another key, no kid": signed(claims, stranger, alg="RS256"),
        "another key in the header": signed(claims, stranger, alg="RS256", jwk=stranger.as_dict(private=False)),
        "ES256 with another key": signed(claims, curve, alg="ES256", kid=ours.kid),
        "an algorithm we do not use": signed(
            claims, RSAKey.import_key(ours.as_pem(private=True)), alg="RS512", kid=ours.kid
        ),
        "another issuer": signed(claims | {"iss": "https://attacker.example"}, ours, alg="RS256", kid=ours.kid),
        "no issuer": signed({k: v for k, v in claims.items() if k != "iss"}, ours, alg="RS256", kid=ours.kid),
        "another audience": signed(claims | {"aud": "nobody"}, ours, alg="RS256", kid=ours.kid),
        "several audiences": signed(claims | {"aud": [dcc.client_id, "x"]}, ours, alg="RS256", kid=ours.kid),
        "no session": signed({k: v for k, v in claims.items() if k != "sid"}, ours, alg="RS256", kid=ours.kid),
        "another payload": f"{header}.{encoded(claims | {'sub': 'x'})}.{signature}",
        "cut": genuine.id_token[:-4],
        "crit that is no list": f"{encoded({'alg': 'RS256', 'kid': ours.kid, 'crit': 1})}.{payload}.{signature}",
        "a deep header": "W" * 3000 + ".e30.AA",
        "an access token": genuine.access_token,
        "too long": genuine.id_token + "A" * 5000,
        "nothing": ".",
    }


def test_a_forged_hint_tells_us_nothing_about_who_is_expected(idp, browser, dcc, genuine):
    """Core 1.0 3.1.2.2: the hint is ours or it is an error."""
    for forgery, token in forgeries(idp, dcc, genuine).items():
        answer = dcc.answer(browser.visits(dcc.asks(id_token_hint=token, prompt="none")))
        assert (forgery, answer.error) == (forgery, "invalid_request")


def test_a_forged_hint_logs_nobody_out(idp, browser, dcc, genuine):
    """RP-Initiated Logout 1.0 section 2: the OP MUST validate that it was the issuer of the ID Token."""
    for forgery, token in forgeries(idp, dcc, genuine).items():
        page = browser.visits(dcc.asks_to_log_out(None, id_token_hint=token))
        assert (forgery, page.status) == (forgery, 200)
        assert page.form_of("Me déconnecter")
    assert not is_logged_out(browser, dcc)


def test_another_application_s_hint_is_no_hint(browser, dcc, perinat, genuine):
    asked = perinat.asks(id_token_hint=genuine.id_token, prompt="none")
    assert perinat.answer(browser.visits(asked)).error == "invalid_request"


def test_a_session_is_not_ended_by_its_number_alone(idp, browser, dcc, perinat, genuine):
    """It is the first half of the cookie: it names the session, and opens and closes nothing by itself."""
    stranger = idp.a_browser()
    for number in (browser.cookies["localhost"]["__Host-idp-session"].partition(".")[0], genuine.claims["sid"]):
        stranger.cookies["localhost"] = {"__Host-idp-session": f"{number}.x"}
        assert is_logged_out(stranger, dcc)
    stranger.visits(dcc.asks_to_log_out(genuine))
    assert not is_logged_out(browser, dcc)


@pytest.mark.parametrize("algorithm", ["none", "HS256", "RS512", "PS256", "EdDSA"])
def test_an_application_cannot_register_an_algorithm_it_could_be_fooled_with(idp, algorithm):
    text = f"""
        name = "carnet"
        home_url = "https://carnet.example/"
        lowest_assurance = "password"
        [display_name]
        fr = "Carnet"
        [oidc]
        redirect_uris = ["https://carnet.example/callback"]
        id_token_signing_alg = "{algorithm}"
    """
    with pytest.raises(RegistrationProblems):
        read_toml(text, idp.services.capabilities)


def test_an_id_token_says_what_it_must_and_is_signed_by_a_published_key(dcc, genuine):
    """Core 1.0 section 2, 3.1.3.6."""
    header, claims = parts_of(genuine.id_token)
    assert header["alg"] == "RS256"
    assert header["kid"] in [key["kid"] for key in dcc.calls.get("/oidc/jwks").get_json()["keys"]]
    assert {"iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "sid", "at_hash"} == set(claims)
    assert claims["exp"] - claims["iat"] == 300


def test_no_private_part_of_a_key_is_published(dcc):
    """RFC 7517, RFC 7518 6.2.2 and 6.3.2."""
    for key in dcc.calls.get("/oidc/jwks").get_json()["keys"]:
        assert set(key) <= {"kty", "use", "alg", "kid", "n", "e", "crv", "x", "y"}
        assert len(urlsafe_b64decode(key.get("n", "A" * 342) + "==")) >= 256


def test_a_claim_of_ours_is_never_replaced_by_one_that_was_asked_for(browser, jeanne, dcc):
    """Prevents: asking for `sub`, `iss` or `acr` by the claims parameter with a value of one's choice."""
    asked = {name: {"value": "x"} for name in ("iss", "aud", "acr", "amr", "sid", "exp", "auth_time")}
    claims = json.dumps({"id_token": asked, "userinfo": {"sub": None, "iss": None}})
    signed_in = dcc.signs_in(browser.logs_in(jeanne, to=dcc, claims=claims))
    assert "x" not in signed_in.claims.values()


def test_jws_of_ours_verify_with_our_own_algorithms_only(idp, dcc, genuine):
    ring = idp.services.keys.ring()
    with pytest.raises(Exception, match="not allowed"):
        jws.deserialize_compact(genuine.id_token.encode(), ring.published, algorithms=["ES256"])
