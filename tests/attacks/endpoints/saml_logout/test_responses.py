"""Prevents: a logout that is confirmed by a response that is forged, replayed, or answers nothing."""

import pytest
from lxml import etree

from relying_parties.sp_metadata.service_provider import Binding
from tests.actors.saml_logout import SOAP
from tests.actors.server import Received, Said, a_server
from tests.actors.service_provider import instant
from tests.attacks.endpoints.saml_logout.forged import forged
from tests.fixtures.logout import registers_leaving


@pytest.fixture
def told(idp, browser, perinat, messagerie, signed_on):
    """A logout that waits for the response of the messaging service, by the browser."""
    page = browser.visits(f"{idp.issuer}/account")
    page = browser.submits(page.form_of("Me déconnecter"))
    return messagerie.is_told(page.url)


def is_confirmed(page):
    return "Applications fermées" in page.text


@pytest.mark.parametrize("kind", ["unsigned", "forged", "other", "response-to-another", "destination", "expired"])
def test_a_forged_response_confirms_nothing(idp, browser, messagerie, told, kind):
    """Prevents: a page that says that an application is closed when another sender said so."""
    answer, sent_by = messagerie.confirms(told), messagerie
    match kind:
        case "forged":
            sent_by = forged(messagerie)
        case "other":
            sent_by = registers_leaving(idp, "agenda")
            answer = sent_by.confirms(told)
        case "response-to-another":
            answer = messagerie.confirms(told, InResponseTo="_another")
        case "destination":
            answer = messagerie.confirms(told, Destination="https://another-idp.example/slo")
        case "expired":
            answer = messagerie.confirms(told, IssueInstant=instant(hours=1))
    address = sent_by.sends(answer, parameter="SAMLResponse", relay_state=told.relay_state)
    if kind == "unsigned":
        address = address.partition("&SigAlg")[0]
    page = browser.visits(address)
    assert page.path.startswith("/logout/")  # the person goes on all the same
    assert not is_confirmed(page)


def test_a_response_cannot_be_replayed(browser, messagerie, told):
    page = browser.visits(messagerie.comes_back(told, status="Responder"))
    assert not is_confirmed(page)
    assert not is_confirmed(browser.visits(messagerie.comes_back(told)))


def test_a_response_to_no_request_is_shown_on_a_page(idp, browser, messagerie, told):
    answer = messagerie.confirms(told, InResponseTo="_never")
    page = browser.visits(messagerie.sends(answer, parameter="SAMLResponse", relay_state="https://elsewhere.example/"))
    assert page.status == 400
    assert not any(link.address.startswith("https://elsewhere") for link in page.links)


LIES = {
    "unsigned": lambda sp, told: sp.calls(sp.confirms(told)),
    "forged": lambda sp, told: sp.calls(forged(sp).sp.signs(sp.confirms(told))),
    "of another request": lambda sp, told: sp.calls(sp.sp.signs(sp.confirms(told, InResponseTo="_another"))),
    "of another": lambda sp, told: sp.calls(sp.sp.signs(sp.confirms(told, issuer="https://elsewhere.example/"))),
    "an echo": lambda sp, told: sp.calls(sp.sp.signs(sp.request(None, ID=told.identifier, inside=""))),
    "an entity": lambda *_: b"<!DOCTYPE x [<!ENTITY y SYSTEM 'file:///etc/passwd'>]><x>&y;</x>",
    "no XML": lambda *_: b"OK",
}


@pytest.mark.parametrize("lie", LIES)
def test_a_response_by_soap_must_answer_our_request(idp, browser, jeanne, perinat, lie):
    """Over plain HTTP on loopback, only the signature authenticates the server."""
    with a_server() as server:
        messagerie = registers_leaving(idp, by=Binding.SOAP, at=f"{server.address}/slo")

        def answers(came: Received) -> Said:
            [message] = etree.fromstring(came.body).find(f"{{{SOAP}}}Body")
            return Said(body=LIES[lie](messagerie, messagerie._told(etree.tostring(message), None)))

        server.says = answers
        browser.logs_in(jeanne, to=perinat)
        messagerie.sp.signs_on(browser.visits(messagerie.sp.asks()))
        page = browser.visits(f"{idp.issuer}/account")
        page = browser.submits(page.form_of("Me déconnecter"))
        idp.tells_applications()
        assert len(server.received) == 1
        assert not is_confirmed(browser.visits(page.url))
