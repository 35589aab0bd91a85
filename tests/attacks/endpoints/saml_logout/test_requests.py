"""Prevents: logouts by strangers, by other applications and by pages of other sites."""

import secrets
from base64 import b64encode
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from tests.actors.saml_logout import SOAP
from tests.actors.service_provider import deflated, instant
from tests.attacks.endpoints.saml_logout.forged import forged
from tests.fixtures.logout import registers_leaving

TEXT_XML = "text/xml"


def is_logged_in(browser, application):
    return bool(application.answer(browser.visits(application.asks(prompt="none"))).code)


def by_soap(idp, body, content_type=TEXT_XML):
    return idp.app.test_client().post("/saml/logout/soap", data=body, content_type=content_type)


def soap_request(provider, signed_on, *, signed=True, **changed):
    xml = provider.request(signed_on, **({"Destination": f"{provider.address}/soap"} | changed))
    return provider.calls(provider.sp.signs(xml) if signed else xml)


def test_an_unsigned_request_ends_no_session(idp, browser, perinat, messagerie, signed_on):
    """Prevents: logout by anyone who knows a NameID. Profiles 4.4.3.1: requests MUST be signed."""
    xml = messagerie.request(signed_on)
    query = urlencode({"SAMLRequest": b64encode(deflated(xml)).decode()})
    assert browser.visits(f"{messagerie.address}?{query}").status == 400
    assert browser.is_made_to_post(messagerie.address, SAMLRequest=b64encode(xml).decode()).status == 400
    response = by_soap(idp, soap_request(messagerie, signed_on, signed=False))
    assert response.status_code == 403
    assert is_logged_in(browser, perinat)


def test_by_redirect_a_signature_in_the_message_is_not_enough(browser, perinat, messagerie, signed_on):
    """Bindings 3.4.4.1: it does not cover RelayState, and anyone can build the query."""
    xml = messagerie.sp.signs(messagerie.request(signed_on))
    query = urlencode({"SAMLRequest": b64encode(deflated(xml)).decode()})
    assert browser.visits(f"{messagerie.address}?{query}").status == 400
    assert is_logged_in(browser, perinat)


def test_a_request_signed_with_another_key_ends_no_session(idp, browser, perinat, messagerie, signed_on):
    stranger = forged(messagerie)
    assert browser.visits(stranger.asks(signed_on)).status == 400
    assert browser.is_made_to_post(messagerie.address, **stranger.posts(signed_on)).status == 400
    assert by_soap(idp, soap_request(stranger, signed_on)).status_code == 403
    assert is_logged_in(browser, perinat)


def test_a_changed_signed_request_ends_no_session(browser, perinat, messagerie, signed_on):
    changed = messagerie.sp.signs(messagerie.request(signed_on)).replace(b'Version="2.0"', b'Version="2.0" Consent="x"')
    assert browser.is_made_to_post(messagerie.address, **messagerie.sp.fields(changed)).status == 400
    address = messagerie.asks(signed_on, relay_state="a").replace("RelayState=a", "RelayState=b")
    assert browser.visits(address).status == 400
    assert is_logged_in(browser, perinat)


def test_a_signed_message_wrapped_in_another_ends_no_session(idp, browser, perinat, messagerie, signed_on):
    """Prevents: signature wrapping, where the verified element is not the one that is read."""
    signed = etree.fromstring(messagerie.sp.signs(messagerie.request(None, inside="<saml:NameID>nobody</saml:NameID>")))
    evil = etree.fromstring(messagerie.request(signed_on))
    signature = signed.find("{http://www.w3.org/2000/09/xmldsig#}Signature")
    extensions = etree.Element("{urn:oasis:names:tc:SAML:2.0:protocol}Extensions")
    evil.insert(1, extensions)
    evil.insert(1, signature)
    extensions.append(signed)
    xml = etree.tostring(evil)
    assert browser.is_made_to_post(messagerie.address, **messagerie.sp.fields(xml)).status == 400
    assert by_soap(idp, messagerie.calls(xml)).status_code == 403
    envelope = messagerie.calls(messagerie.request(signed_on) + messagerie.sp.signs(messagerie.request(signed_on)))
    assert by_soap(idp, envelope).status_code == 400
    assert is_logged_in(browser, perinat)


def test_an_unknown_issuer_sees_a_page(idp, browser, perinat, messagerie, signed_on):
    for issuer in ("https://elsewhere.example/metadata", f"{messagerie.sp.entity_id} "):
        page = browser.visits(messagerie.asks(signed_on, issuer=issuer + "x"))
        assert page.status == 400
        assert "elsewhere.example" not in page.url
    assert is_logged_in(browser, perinat)


def test_the_name_id_and_session_index_of_another_service_provider_end_no_session(
    idp, browser, perinat, messagerie, signed_on
):
    """Prevents: a service provider that ends the sessions of others with identifiers from their logs."""
    agenda = registers_leaving(idp, "agenda")
    answered = agenda.is_answered(browser.visits(agenda.asks(signed_on)).url)
    assert (answered.top, answered.second) == ("Requester", "UnknownPrincipal")
    inside = f"<saml:NameID>{signed_on.name_id}</saml:NameID>"
    answered = agenda.is_answered(browser.visits(agenda.sends(agenda.request(None, inside=inside))).url)
    assert answered.second == "UnknownPrincipal"
    assert is_logged_in(browser, perinat)


@pytest.mark.parametrize(
    "inside",
    [
        "",
        "<saml:NameID></saml:NameID>",
        "<saml:NameID>nobody</saml:NameID>",
        "<saml:NameID>{name}x</saml:NameID><samlp:SessionIndex>{index}</samlp:SessionIndex>",
        "<saml:NameID>{name}</saml:NameID><samlp:SessionIndex>_{index}</samlp:SessionIndex>",
        "<saml:NameID>{name}</saml:NameID><samlp:SessionIndex></samlp:SessionIndex>",
        '<saml:NameID SPNameQualifier="https://agenda.example/">{name}</saml:NameID>',
        '<saml:NameID NameQualifier="https://another-idp.example/">{name}</saml:NameID>',
        '<saml:NameID Format="urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress">{name}</saml:NameID>',
        "<saml:BaseID/>",
        "<saml:EncryptedID>{name}</saml:EncryptedID>",
    ],
)
def test_name_id_and_session_index_must_match_exactly(browser, perinat, messagerie, signed_on, inside):
    named = inside.format(name=signed_on.name_id, index=signed_on.session_index)
    page = browser.visits(messagerie.sends(messagerie.request(None, inside=named)))
    assert page.status == 400 or messagerie.is_answered(page.url).second == "UnknownPrincipal"
    assert is_logged_in(browser, perinat)


def test_a_name_id_with_a_comment_is_read_whole(browser, perinat, messagerie, signed_on):
    """Prevents: attacks like CVE-2018-0489, where `jeanne<!-- -->.elsewhere` is read as `jeanne`."""
    inside = f"<saml:NameID>{signed_on.name_id}<!-- -->x</saml:NameID>"
    page = browser.visits(messagerie.sends(messagerie.request(None, inside=inside)))
    assert messagerie.is_answered(page.url).second == "UnknownPrincipal"
    assert is_logged_in(browser, perinat)


@pytest.mark.parametrize(
    "changed",
    [
        {"Destination": None},
        {"Destination": "https://another-idp.example/slo"},
        {"Destination": "http://localhost:8400/saml/sso"},
        {"Destination": "http://localhost:8400/saml/logout/soap"},
        {"IssueInstant": "yesterday"},
        {"NotOnOrAfter": "tomorrow"},
        {"Version": "1.1"},
        {"ID": None},
        {"ID": "1 2"},
    ],
    ids=" ".join,
)
def test_a_malformed_request_or_one_to_another_destination_ends_no_session(
    browser, perinat, messagerie, signed_on, changed
):
    assert browser.visits(messagerie.asks(signed_on, **changed)).status == 400
    assert is_logged_in(browser, perinat)


@pytest.mark.parametrize(
    ("attribute", "minutes_ago"), [("IssueInstant", 60), ("IssueInstant", -60), ("NotOnOrAfter", 10)], ids=str
)
def test_a_request_of_another_time_ends_no_session(browser, perinat, messagerie, signed_on, attribute, minutes_ago):
    request = messagerie.asks(signed_on, **{attribute: instant(minutes=minutes_ago)})
    assert browser.visits(request).status == 400
    assert is_logged_in(browser, perinat)


def test_a_request_by_soap_needs_the_soap_endpoint_as_destination(idp, browser, perinat, messagerie, signed_on):
    assert by_soap(idp, soap_request(messagerie, signed_on, Destination=messagerie.address)).status_code == 403
    assert is_logged_in(browser, perinat)


def test_a_request_cannot_be_replayed(idp, browser, jeanne, perinat, messagerie, signed_on):
    """Prevents: a recorded request that is sent again after each login."""
    address = messagerie.asks(signed_on)
    browser.visits(address)
    browser.logs_in(jeanne, to=perinat)
    messagerie.sp.signs_on(browser.visits(messagerie.sp.asks()))
    assert browser.visits(address).status == 400
    assert is_logged_in(browser, perinat)
    inside = f"<saml:NameID>{signed_on.name_id}</saml:NameID>"
    xml = messagerie.sp.signs(messagerie.request(None, inside=inside, Destination=f"{messagerie.address}/soap"))
    assert by_soap(idp, messagerie.calls(xml)).status_code == 200
    browser.logs_in(jeanne, to=perinat)
    assert by_soap(idp, messagerie.calls(xml)).status_code == 403
    assert is_logged_in(browser, perinat)


def test_the_address_of_a_logout_cannot_be_guessed_or_taken_over(idp, browser, jeanne, perinat, messagerie, signed_on):
    """Prevents: reading the applications of another person, or continuing their logout."""
    page = browser.visits(f"{idp.issuer}/account")
    browser.submits(page.form_of("Me déconnecter"))
    stop = next(seen.url for seen in reversed(browser.exchanges) if "/logout/" in seen.url)
    stranger = idp.a_browser()
    for address in (stop, f"{idp.issuer}/logout/{secrets.token_urlsafe(24)}", f"{idp.issuer}/logout/x"):
        page = stranger.visits(address)
        assert page.status == 404
        assert "Périnat" not in page.text
        assert "messagerie" not in page.url
    assert len(stop.rpartition("/")[2]) >= 32


def test_the_sender_of_a_request_sees_nothing_of_a_session_of_another_browser(
    idp, browser, perinat, messagerie, signed_on
):
    """Prevents: a service provider that reads, in its browser, the applications and the name of a person."""
    agenda = registers_leaving(idp, "agenda")
    agenda.sp.signs_on(browser.visits(agenda.sp.asks()))
    stranger = idp.a_browser()
    page = stranger.visits(messagerie.asks(signed_on))
    assert messagerie.is_answered(page.url).second == "PartialLogout"  # and not the agenda's address
    stop = next(seen.url for seen in stranger.exchanges if "/logout/" in seen.url)
    assert "agenda" not in stranger.visits(stop).html


def test_each_application_is_notified_once(idp, browser, jeanne, perinat, messagerie, signed_on):
    """Prevents: an endless loop with a service provider that sends the browser back without a response."""
    page = browser.visits(f"{idp.issuer}/account")
    browser.submits(page.form_of("Me déconnecter"))
    stop = next(seen.url for seen in reversed(browser.exchanges) if "/logout/" in seen.url)
    before = len(browser.exchanges)
    for _ in range(5):
        page = browser.visits(stop)
        assert page.url == stop
        assert "n’a pas confirmé" in page.text
    assert len(browser.exchanges) - before == 5


def test_two_service_providers_that_request_each_others_logout_cause_no_loop(idp, browser, messagerie, signed_on):
    """Prevents: an application that answers a logout request with a logout request."""
    page = browser.visits(f"{idp.issuer}/account")
    page = browser.submits(page.form_of("Me déconnecter"))
    messagerie.is_told(page.url)
    page = browser.visits(messagerie.asks(signed_on))
    assert messagerie.is_answered(page.url).top == "Success"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<",
        b"<a/>",
        b'<soap:Envelope xmlns:soap="%s"/>' % SOAP.encode(),
        b'<soap:Envelope xmlns:soap="%s"><soap:Body/></soap:Envelope>' % SOAP.encode(),
        b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>",
        b"<a>" * 5_000,
        b"x" * 300_000,
    ],
)
def test_a_body_that_is_not_soap_gets_a_soap_fault(idp, body):
    response = by_soap(idp, body)
    assert response.status_code == 400
    assert b"Fault" in response.data
    assert b"x" * 100 not in response.data


def test_a_form_of_another_site_is_refused_by_the_soap_endpoint(idp, messagerie, browser, perinat, signed_on):
    """Prevents: CSRF. A form can send text/plain but not text/xml."""
    body = soap_request(messagerie, signed_on)
    for content_type in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
        assert by_soap(idp, body, content_type).status_code == 400
    assert is_logged_in(browser, perinat)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])  # nothing it does is kept
@given(query=st.text(max_size=300), body=st.binary(max_size=300))
def test_no_input_causes_an_error(idp, query, body):
    stranger = idp.app.test_client()
    for answered in (
        stranger.get("/saml/logout", query_string={"SAMLRequest": query, "RelayState": query}),
        stranger.get("/saml/logout", query_string={"SAMLResponse": b64encode(deflated(body)).decode()}),
        stranger.post("/saml/logout", data={"SAMLRequest": b64encode(body).decode(), "RelayState": query}),
        stranger.post("/saml/logout/soap", data=body, content_type=TEXT_XML),
        stranger.get(f"/logout/{b64encode(body, altchars=b'-_').decode()}"),
    ):
        assert answered.status_code in (303, 308, 400, 403, 404)


@pytest.mark.parametrize(
    ("inside", "reason"),
    [
        ("", "name-id-missing"),
        ("<saml:NameID>nobody</saml:NameID>", "session-unknown"),
        ('<saml:NameID NameQualifier="https://another-idp.example/">x</saml:NameID>', "name-id-of-another"),
        ("<saml:EncryptedID><saml:NameID>x</saml:NameID></saml:EncryptedID>", "name-id-not-decrypted"),
    ],
)
def test_every_unknown_session_has_the_same_status_and_the_log_has_the_reason(
    browser, messagerie, signed_on, capfd, inside, reason
):
    """Prevents: an oracle that would decrypt an identifier step by step."""
    page = browser.visits(messagerie.sends(messagerie.request(None, inside=inside)))
    answered = messagerie.is_answered(page.url)
    assert (answered.top, answered.second) == ("Requester", "UnknownPrincipal")
    assert f'"reason": "{reason}"' in capfd.readouterr().err


def test_the_log_has_no_personal_data(idp, browser, messagerie, signed_on, capfd):
    browser.visits(messagerie.asks(signed_on))
    browser.visits(messagerie.sends(messagerie.request(None, inside="<saml:NameID>j.dupont</saml:NameID>")))
    written = capfd.readouterr()
    for secret in (signed_on.name_id, signed_on.session_index, "j.dupont", "SAMLRequest"):
        assert secret not in written.err + written.out
