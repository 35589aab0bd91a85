"""Prevents: queries for personal data without a login of the person.

Core also defines queries for attributes, authentications, assertions by ID, and requests to
manage and map NameIDs. pysaml2 would answer unsigned queries from assertions that it keeps.
None is served: each is refused at every endpoint, even if a registered service provider
has signed it.
"""

import io
import secrets

import pytest
from lxml import etree

from config.logging_setup import write_journal
from idp.journal_rules import JOURNAL_RULES
from tests.actors.artifacts import in_soap
from tests.actors.service_provider import instant

SAMLP = "urn:oasis:names:tc:SAML:2.0:protocol"
SAML = "urn:oasis:names:tc:SAML:2.0:assertion"

QUERIES = {
    "AttributeQuery": "<saml:Subject>{name}</saml:Subject>",
    "AuthnQuery": "<saml:Subject>{name}</saml:Subject>",
    "AuthzDecisionQuery": "<saml:Subject>{name}</saml:Subject><saml:Action Namespace='urn:x'>read</saml:Action>",
    "AssertionIDRequest": "<saml:AssertionIDRef>{id}</saml:AssertionIDRef>",
    "NameIDMappingRequest": "{name}<samlp:NameIDPolicy SPNameQualifier='https://carnet.example/'/>",
    "ManageNameIDRequest": "{name}<samlp:Terminate/>",
}


@pytest.fixture
def journal(idp):
    written = io.StringIO()
    write_journal("INFO", JOURNAL_RULES, to=written)
    return written


@pytest.fixture
def signed_on(browser, jeanne, messagerie):
    return messagerie.signs_on(browser.logs_in(jeanne, to=messagerie))


def query(kind: str, messagerie, signed_on, destination: str) -> bytes:
    """A query about the person who is logged in, signed by a service provider of their session."""
    name = f"<saml:NameID>{signed_on.name_id}</saml:NameID>"
    about = QUERIES[kind].format(name=name, id=signed_on.find("saml:Assertion").get("ID"))
    return messagerie.signs(
        f'<samlp:{kind} xmlns:samlp="{SAMLP}" xmlns:saml="{SAML}" ID="_{secrets.token_hex(20)}" Version="2.0"'
        f' IssueInstant="{instant()}" Destination="{destination}"><saml:Issuer>{messagerie.entity_id}</saml:Issuer>'
        f"{about}</samlp:{kind}>".encode()
    )


@pytest.mark.parametrize("kind", QUERIES)
def test_queries_are_refused_at_the_single_sign_on_service(browser, jeanne, messagerie, signed_on, journal, kind):
    asked = query(kind, messagerie, signed_on, messagerie.address)
    pages = [
        browser.visits(messagerie.sends(asked, signed=True)),
        browser.is_made_to_post(messagerie.address, **messagerie.fields(asked)),
    ]
    for page in pages:
        assert page.status == 400
        assert "saml.request-malformed" in page.html
        assert not page.asks_for("SAMLResponse")
        assert jeanne.email not in page.html
    assert '"ERROR"' not in journal.getvalue()


@pytest.mark.parametrize("path", ["/saml/artifact", "/saml/logout/soap", "/saml/ecp"])
@pytest.mark.parametrize("kind", QUERIES)
def test_queries_are_refused_at_the_soap_endpoints(idp, browser, jeanne, messagerie, signed_on, journal, kind, path):
    asked = query(kind, messagerie, signed_on, f"{idp.issuer}{path}")
    answered = idp.app.test_client().post(
        path, base_url=idp.issuer, data=in_soap(asked), content_type="text/xml; charset=utf-8", auth=("x", "y")
    )
    assert answered.status_code in (400, 403, 500)
    [fault] = etree.fromstring(answered.data).find("{http://schemas.xmlsoap.org/soap/envelope/}Body")
    assert etree.QName(fault).localname == "Fault"
    for told in (signed_on.name_id, jeanne.email, jeanne.family_name):
        assert told not in answered.text
    assert '"ERROR"' not in journal.getvalue()
    assert messagerie.signs_on(browser.visits(messagerie.asks())).name_id == signed_on.name_id
