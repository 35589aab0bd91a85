"""The login of an enhanced client, without a page: SAML V2.0 Profiles, section 4.2."""

import pytest

from idp.sessions.acr import CLASS
from relying_parties.policy import AccessRule, AssuranceLevel
from relying_parties.registration.saml_sp import Encryption
from relying_parties.sp_metadata.service_provider import Binding, Endpoint
from tests.actors.enhanced_client import ECP
from tests.actors.saml_logout import LeavingProvider
from tests.builders.saml import encryption_key
from tests.fixtures.ecp import client, registers_ecp

__all__ = ["client"]


def test_a_program_sends_a_request_and_receives_the_answer(client, jeanne):
    signed_on = client.signs_on(jeanne)
    assert signed_on.context == CLASS[AssuranceLevel.PASSWORD]
    assert signed_on.attributes["urn:oid:2.5.4.42"] == ["Jeanne"]


@pytest.mark.parametrize(
    "asked",
    [
        {"AssertionConsumerServiceURL": None},
        {"ProtocolBinding": None},
        {"ProtocolBinding": None, "AssertionConsumerServiceURL": None},
        {"ProtocolBinding": None, "AssertionConsumerServiceURL": None, "AssertionConsumerServiceIndex": "1"},
        {"ForceAuthn": "true"},
        {"IsPassive": "true"},
        {"Destination": "http://localhost:8400/saml/ecp"},
    ],
)
def test_the_answer_is_for_the_paos_consumer(client, jeanne, asked):
    assert client.signs_on(jeanne, **asked).name_id


def test_a_request_without_or_with_a_wrong_password_may_be_sent_again(client, jeanne):
    """RFC 7617: clients send credentials after a 401, and people mistype passwords."""
    request = client.request()
    asked = client.posts(request)
    assert asked.status_code == 401
    assert asked.headers["WWW-Authenticate"] == 'Basic realm="Poterne", charset="UTF-8"'
    assert client.posts(request, jeanne, "mistyped").status_code == 401
    assert client.brings(client.posts(request, jeanne)).name_id


def test_the_persistent_id_is_the_same_as_in_a_browser_login(client, browser, jeanne):
    by_program = client.signs_on(jeanne)
    browser.visits(client.sp.asks())
    assert client.sp.signs_on(browser.gives(jeanne)).name_id == by_program.name_id


def test_the_answer_to_a_signed_request_has_request_authenticated(client, jeanne):
    """ECP V2.0."""
    _, header = client.takes_back(client.posts(client.sp.signs(client.request()), jeanne))
    assert [block.tag for block in header] == [f"{{{ECP}}}Response", f"{{{ECP}}}RequestAuthenticated"]
    _, header = client.takes_back(client.posts(client.request(), jeanne))
    assert [block.tag for block in header] == [f"{{{ECP}}}Response"]


def test_the_answer_is_encrypted_as_registered(idp, jeanne):
    client = registers_ecp(idp, encryption_keys=(encryption_key(),), encryption=Encryption.REQUIRED)
    response = client.posts(client.request(), jeanne)
    assert "EncryptedAssertion" in response.text
    assert client.brings(response).attributes["urn:oid:2.5.4.42"] == ["Jeanne"]


def test_a_person_without_entitlement_is_refused_with_a_status_and_the_session_ends(idp, jeanne):
    client = registers_ecp(idp, entry=AccessRule.ENTITLED)
    refused = client.is_refused(client.posts(client.request(), jeanne))
    assert (refused.top, refused.second) == ("Responder", "RequestDenied")
    assert idp.trail()[-2:] == ["login.succeeded", "session.ended"]

    idp.entitles(jeanne, "messagerie")
    assert client.signs_on(jeanne).name_id


def test_a_person_who_must_change_their_password_is_refused_with_a_status(idp, client, jeanne):
    """No page can be shown."""
    provisional = idp.gives_password(jeanne, "Provisoire-Treille-31!", provisional=True)
    refused = client.is_refused(client.posts(client.request(), provisional))
    assert (refused.top, refused.second) == ("Responder", "AuthnFailed")
    assert "change their password" in refused.message
    assert "sign-in.answered" not in idp.trail()


def test_the_login_is_audited(idp, client, jeanne):
    client.signs_on(jeanne)
    assert idp.trail()[-2:] == ["login.succeeded", "sign-in.answered"]
    client.posts(client.request(), jeanne, "wrong")
    assert idp.trail()[-1] == "login.refused"


def test_the_application_ends_the_session_by_soap(idp, jeanne):
    """The NameID and SessionIndex of the assertion identify the session."""
    client = registers_ecp(
        idp,
        single_logout_services=(Endpoint(binding=Binding.SOAP, location="https://messagerie.example/saml/slo"),),
    )
    signed_on = client.signs_on(jeanne)
    [sid] = idp.services.sessions.named_by(
        "messagerie", name_id=signed_on.name_id, session_indexes=(signed_on.session_index,)
    )
    assert idp.services.sessions.by_sid(sid)

    leaving = LeavingProvider(sp=client.sp, at="https://messagerie.example/saml/slo")
    request = client.sp.signs(leaving.request(signed_on, Destination=f"{leaving.address}/soap"))
    response = client.idp.post("/saml/logout/soap", data=leaving.calls(request), content_type="text/xml")

    assert response.status_code == 200
    assert idp.services.sessions.by_sid(sid) is None


def test_the_session_lasts_as_long_as_an_idle_session(idp, client, jeanne):
    """No browser can use it; a longer lifetime would let a frequent program fill the store."""
    settings = idp.settings
    assert settings.session_idle < settings.session_absolute
    signed_on = client.signs_on(jeanne)
    [sid] = idp.services.sessions.named_by(
        "messagerie", name_id=signed_on.name_id, session_indexes=(signed_on.session_index,)
    )
    session = idp.services.sessions.by_sid(sid)
    assert session.ends_at - session.started_at == settings.session_idle
    statement = signed_on.find(".//saml:AuthnStatement")
    assert statement.get("SessionNotOnOrAfter") == session.ends_at.strftime("%Y-%m-%dT%H:%M:%SZ")


def test_the_answer_sets_no_cookie(client, browser, jeanne):
    client.signs_on(jeanne)
    assert browser.visits(client.sp.asks()).asks_for("login", "password")
