"""One logout for all: the DCC by OpenID Connect, service providers by SAML. Design, journey (e)."""

from datetime import timedelta

import pytest
from lxml import etree

from relying_parties.sp_metadata.service_provider import Binding
from tests.actors.saml_logout import SOAP, answer_in
from tests.actors.server import Said, a_server
from tests.builders.saml import encryption_key
from tests.fixtures.logout import registers_leaving

SOAP_TYPE = "text/xml"


@pytest.fixture
def changed_settings():
    """Jobs run when a test says so, and no page need wait for them."""
    return {"logout_wait": timedelta(milliseconds=1)}


@pytest.fixture
def server():
    with a_server() as listening:
        yield listening


@pytest.fixture
def dcc_told(idp, dcc, server):
    idp.amends(dcc, backchannel_logout_uri=f"{server.address}/backchannel-logout")
    return dcc


def opens(browser, provider):
    return provider.sp.signs_on(browser.visits(provider.sp.asks()))


def is_logged_out(browser, application):
    return application.answer(browser.visits(application.asks(prompt="none"))).error == "login_required"


def signs_out_here(browser, application):
    page = browser.visits(f"{application.issuer}/account")
    return browser.submits(page.form_of("Me déconnecter"))


# --- one logout across both protocols ------------------------------------------------------


def test_the_dcc_s_logout_closes_the_messaging_service_too(idp, browser, jeanne, dcc_told, server):
    """The DCC asks; the messaging service is told by its server, and so is the DCC's own."""
    with a_server() as soap:
        messagerie = registers_leaving(idp, by=Binding.SOAP, at=f"{soap.address}/slo")
        soap.says = messagerie.serves_soap
        signed_in = dcc_told.signs_in(browser.logs_in(jeanne, to=dcc_told))
        signed_on = opens(browser, messagerie)
        page = browser.visits(dcc_told.asks_to_log_out(signed_in))
        assert page.url == f"{dcc_told.post_logout_redirect_uri}?state=loggedout"
        assert is_logged_out(browser, dcc_told)
        idp.tells_applications()
        assert [came.path for came in server.received] == ["/backchannel-logout"]
        [came] = soap.received
        [message] = etree.fromstring(came.body).find(f"{{{SOAP}}}Body")
        told = messagerie._told(messagerie.verified(etree.tostring(message)), None)
        assert (told.name_id, told.session_indexes) == (signed_on.name_id, [signed_on.session_index])
        assert came.headers["SOAPAction"] == '"http://www.oasis-open.org/committees/security"'
        assert idp.trail()[-3:] == ["session.ended", "logout.notified", "logout.notified"]


def test_the_messaging_service_s_logout_closes_the_dcc_too(idp, browser, jeanne, dcc_told, server):
    """Profiles 4.4: the service provider asks, everyone else is told, and it is answered."""
    messagerie = registers_leaving(idp)
    signed_in = dcc_told.signs_in(browser.logs_in(jeanne, to=dcc_told))
    signed_on = opens(browser, messagerie)
    page = browser.visits(messagerie.asks(signed_on, relay_state="where-i-was"))
    answered = messagerie.is_answered(page.url)
    assert answered.relay_state == "where-i-was"
    assert is_logged_out(browser, dcc_told)
    assert dcc_told.userinfo(signed_in.access_token).status_code == 401
    idp.tells_applications()
    assert len(server.received) == 1


def test_a_logout_from_our_own_page_goes_through_each_service_provider(idp, browser, jeanne, dcc, perinat):
    """By HTTP-Redirect in turn: from a page of ours to each, and back to us."""
    messagerie, agenda = registers_leaving(idp), registers_leaving(idp, "agenda")
    browser.logs_in(jeanne, to=dcc)
    first, second = opens(browser, messagerie), opens(browser, agenda)
    page = signs_out_here(browser, dcc)
    told = messagerie.is_told(page.url)
    assert (told.name_id, told.session_indexes) == (first.name_id, [first.session_index])
    assert is_logged_out(browser.another_tab(), dcc)
    page = browser.visits(messagerie.comes_back(told))
    told = agenda.is_told(page.url)
    assert told.session_indexes == [second.session_index]
    page = browser.visits(agenda.comes_back(told))
    assert page.path.startswith("/logout/")
    assert "Applications fermées" in page.text
    assert "peut-être encore ouverte" not in page.text


def test_by_http_post_too(idp, browser, jeanne, perinat):
    """Bindings 3.5: a form with a visible button, which may lead to the service provider and nowhere else."""
    messagerie = registers_leaving(idp, by=Binding.POST)
    browser.logs_in(jeanne, to=perinat)
    opens(browser, messagerie)
    page = signs_out_here(browser, perinat)
    form = page.form_with("SAMLRequest")
    assert (form.action, form.method) == (messagerie.at, "POST")
    assert "Continuer" in form.button
    assert "form-action 'self' https://messagerie.example" in page.headers["Content-Security-Policy"]
    assert page.headers["Referrer-Policy"] == "strict-origin"
    told = messagerie.is_told_by_form(form.fields)
    xml = messagerie.sp.signs(messagerie.confirms(told))
    fields = {"SAMLResponse": messagerie.sp.fields(xml)["SAMLRequest"], "RelayState": told.relay_state}
    page = browser.is_made_to_post(messagerie.address, **fields)
    assert "Applications fermées" in page.text


def test_a_request_by_http_post_comes_without_our_cookies(idp, browser, jeanne, perinat):
    messagerie = registers_leaving(idp, by=Binding.POST)
    browser.logs_in(jeanne, to=perinat)
    signed_on = opens(browser, messagerie)
    page = browser.is_made_to_post(messagerie.address, **messagerie.posts(signed_on, relay_state="r"))
    form = page.form_with("SAMLResponse")
    assert form.action == messagerie.at
    assert form.fields["RelayState"] == "r"
    assert is_logged_out(browser, perinat)


def test_a_service_provider_s_server_ends_the_session_without_a_browser(idp, browser, jeanne, dcc_told, server):
    """Profiles 4.4.4.1, SOAP: the session is found by what it names."""
    messagerie = registers_leaving(idp, by=Binding.SOAP)
    dcc_told.signs_in(browser.logs_in(jeanne, to=dcc_told))
    signed_on = opens(browser, messagerie)
    destination = f"{messagerie.address}/soap"
    xml = messagerie.sp.signs(messagerie.request(signed_on, Destination=destination))
    response = dcc_told.calls.post("/saml/logout/soap", data=messagerie.calls(xml), content_type=SOAP_TYPE)
    assert response.status_code == 200
    [message] = etree.fromstring(response.data).find(f"{{{SOAP}}}Body")
    messagerie.verified(etree.tostring(message))
    assert (answer_in(message).top, answer_in(message).second) == ("Success", "PartialLogout")  # not told yet
    assert is_logged_out(browser, dcc_told)
    idp.tells_applications()
    assert len(server.received) == 1


def test_the_session_may_be_named_by_an_encrypted_identifier(idp, browser, jeanne, perinat):
    """Core 2.2.4: EncryptedID, with a key of our metadata; and ours, with one of theirs."""
    from relying_parties.sp_metadata.service_provider import EncryptionKey
    from tests.builders.xml import encrypt_element

    messagerie = registers_leaving(idp, encryption_keys=(encryption_key(),), encrypt_name_id=True)
    browser.logs_in(jeanne, to=perinat)
    signed_on = opens(browser, messagerie)
    [ours, *_] = idp.services.keys.ring().decryption_keys
    request = etree.fromstring(messagerie.request(signed_on))
    name_id = request.find("{urn:oasis:names:tc:SAML:2.0:assertion}NameID")
    request.replace(name_id, encrypt_element(name_id, EncryptionKey(certificate=ours.certificate)))
    page = browser.visits(messagerie.sends(etree.tostring(request)))
    assert messagerie.is_answered(page.url).top == "Success"
    assert is_logged_out(browser, perinat)


def test_what_we_say_of_a_person_is_encrypted_where_that_is_agreed(idp, browser, jeanne, perinat):
    messagerie = registers_leaving(idp, encryption_keys=(encryption_key(),), encrypt_name_id=True)
    browser.logs_in(jeanne, to=perinat)
    signed_on = opens(browser, messagerie)
    page = signs_out_here(browser, perinat)
    assert messagerie.is_told(page.url).name_id == signed_on.name_id


def test_nothing_is_said_in_clear_once_the_key_is_gone(idp, browser, jeanne, perinat):
    """Its metadata had a key when the person signed on, and has none by now: it is not told, and is named."""
    encrypted = {"encryption_keys": (encryption_key(),), "encrypt_name_id": True}
    messagerie = registers_leaving(idp, **encrypted)
    browser.logs_in(jeanne, to=perinat)
    opens(browser, messagerie)
    registers_leaving(idp, encrypt_name_id=True, encryption_keys=())
    page = signs_out_here(browser, perinat)
    assert page.link("Messagerie") == "https://messagerie.example/"
    assert "ne peut pas être fermée d’ici" in page.text


# --- what has become of each ----------------------------------------------------------------


def test_complete_and_partial_logouts_are_told_apart(idp, browser, jeanne, dcc, perinat):
    """Core 3.7.3.2: PartialLogout, when not every participant was told: nobody can tell Périnat."""
    messagerie = registers_leaving(idp)
    browser.logs_in(jeanne, to=perinat)
    signed_on = opens(browser, messagerie)
    answered = messagerie.is_answered(browser.visits(messagerie.asks(signed_on)).url)
    assert (answered.top, answered.second) == ("Success", None)
    perinat.signs_in(browser.logs_in(jeanne, to=perinat))
    signed_on = opens(browser, messagerie)
    answered = messagerie.is_answered(browser.visits(messagerie.asks(signed_on)).url)
    assert (answered.top, answered.second) == ("Success", "PartialLogout")


def test_the_page_can_be_read_again_after_the_service_provider_was_answered(idp, browser, jeanne, perinat):
    messagerie = registers_leaving(idp)
    perinat.signs_in(browser.logs_in(jeanne, to=perinat))
    signed_on = opens(browser, messagerie)
    browser.visits(messagerie.asks(signed_on))
    [stop] = {seen.url for seen in browser.exchanges if "/logout/" in seen.url and "/saml/" not in seen.url}
    page = browser.visits(stop)
    assert page.url == stop
    assert page.link("Périnat") == perinat.home_url


def test_one_that_says_no_is_named(idp, browser, jeanne, perinat):
    messagerie = registers_leaving(idp)
    browser.logs_in(jeanne, to=perinat)
    opens(browser, messagerie)
    told = messagerie.is_told(signs_out_here(browser, perinat).url)
    page = browser.visits(messagerie.comes_back(told, status="Responder"))
    assert "n’a pas confirmé" in page.text


def test_one_that_never_answers_does_not_trap_the_person(idp, browser, jeanne, perinat):
    """The session is over already; the back button leads to our page, which goes on to the next and then ends."""
    messagerie, agenda = registers_leaving(idp), registers_leaving(idp, "agenda")
    browser.logs_in(jeanne, to=perinat)
    opens(browser, messagerie)
    opens(browser, agenda)
    page = signs_out_here(browser, perinat)
    lost = messagerie.is_told(page.url)
    stop = next(seen.url for seen in reversed(browser.exchanges) if "/logout/" in seen.url)
    told = agenda.is_told(browser.visits(stop).url)
    page = browser.visits(agenda.comes_back(told))
    assert page.link("Messagerie") == "https://messagerie.example/"
    assert "n’a pas confirmé" in page.text
    page = browser.visits(messagerie.comes_back(lost))
    assert "peut-être encore ouverte" not in page.text  # its answer was late, and is still good


def test_a_service_provider_whose_server_is_down_is_told_later(idp, browser, jeanne, perinat, clock):
    with a_server() as soap:
        messagerie = registers_leaving(idp, by=Binding.SOAP, at=f"{soap.address}/slo")
        soap.says = lambda _: Said(status=503)
        browser.logs_in(jeanne, to=perinat)
        opens(browser, messagerie)
        page = signs_out_here(browser, perinat)
        idp.tells_applications()
        page = browser.visits(page.url)
        assert "nouvel essai prévu" in page.text
        soap.says = messagerie.serves_soap
        clock.shift(11)
        idp.tells_applications()
        assert "Applications fermées" in browser.visits(page.url).text


def test_a_session_that_is_over_already_is_a_success(idp, browser, jeanne, perinat):
    """Its logout was asked here a moment ago: the service provider is told that all is done."""
    messagerie = registers_leaving(idp)
    browser.logs_in(jeanne, to=perinat)
    signed_on = opens(browser, messagerie)
    signs_out_here(browser, perinat)
    answered = messagerie.is_answered(browser.visits(messagerie.asks(signed_on)).url)
    assert (answered.top, answered.second) == ("Success", None)


def test_without_a_session_index_every_session_of_the_person_ends(idp, browser, jeanne, perinat):
    """Core 3.7.3.2: all those of the principal, whichever browser they are in."""
    messagerie = registers_leaving(idp)
    elsewhere = idp.a_browser()
    for each in (browser, elsewhere):
        each.logs_in(jeanne, to=perinat)
        signed_on = opens(each, messagerie)
    inside = f"<saml:NameID>{signed_on.name_id}</saml:NameID>"
    browser.visits(messagerie.sends(messagerie.request(None, inside=inside)))
    assert is_logged_out(browser, perinat)
    assert is_logged_out(elsewhere, perinat)


def test_one_browser_does_not_learn_what_the_same_person_opened_in_another(idp, browser, jeanne, dcc, perinat):
    """Its service providers cannot be told by this browser either: that is a partial logout."""
    messagerie, agenda = registers_leaving(idp), registers_leaving(idp, "agenda")
    elsewhere = idp.a_browser()
    for each in (browser, elsewhere):
        each.logs_in(jeanne, to=perinat)
        signed_on = opens(each, messagerie)
    opens(elsewhere, agenda)
    inside = f"<saml:NameID>{signed_on.name_id}</saml:NameID>"
    before = len(browser.exchanges)
    page = browser.visits(messagerie.sends(messagerie.request(None, inside=inside)))
    assert messagerie.is_answered(page.url).second == "PartialLogout"
    stop = next(seen.url for seen in browser.exchanges[before:] if "/logout/" in seen.url)
    assert "agenda" not in browser.visits(stop).html
    assert is_logged_out(elsewhere, perinat)


def test_with_one_only_that_session_does(idp, browser, jeanne, perinat):
    messagerie = registers_leaving(idp)
    elsewhere = idp.a_browser()
    for each in (browser, elsewhere):
        each.logs_in(jeanne, to=perinat)
        signed_on = opens(each, messagerie)
    elsewhere.visits(messagerie.asks(signed_on))
    assert is_logged_out(elsewhere, perinat)
    assert not is_logged_out(browser, perinat)
