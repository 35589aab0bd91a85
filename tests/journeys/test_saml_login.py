"""Login to a SAML service provider in a browser: from the button to the page, and where the answer goes."""

import re

import pytest

from relying_parties.sp_metadata.service_provider import Binding, Endpoint
from tests.builders.registry import a_registration
from tests.builders.saml import CONSUMER, OTHER_CONSUMER
from tests.fixtures.saml import registers
from tests.journeys.saml_options import GIVEN_NAME, MAIL, PASSWORD, PERSISTENT, TRANSIENT, policy


def test_a_professional_logs_in_to_a_service_provider_by_password(browser, jeanne, messagerie):
    page = browser.visits(messagerie.asks(relay_state="/boite?dossier=12&page=2"))
    assert page.status == 200
    assert "Messagerie sécurisée" in page.text
    assert page.asks_for("login", "password")

    signed_on = messagerie.signs_on(browser.gives(jeanne))

    assert signed_on.context == PASSWORD
    assert signed_on.name_id_format == PERSISTENT
    assert signed_on.name_qualifier == messagerie.idp_entity_id
    assert signed_on.sp_name_qualifier == messagerie.entity_id
    assert signed_on.relay_state == "/boite?dossier=12&page=2"
    assert signed_on.attributes == {
        GIVEN_NAME: ["Jeanne"],
        "urn:oid:2.5.4.4": ["Dupont"],
        MAIL: ["jeanne.dupont@exemple.test"],
        "urn:oid:1.2.250.1.71.1.2.7": ["10^1.2.250.1.71.1.2.7"],
    }


def test_the_answer_is_a_form_with_a_button_and_a_form_action_for_the_consumer(browser, jeanne, messagerie):
    """Bindings 3.5.4. The button works without script, and the policy allows only the consumer."""
    page = browser.logs_in(jeanne, to=messagerie)
    form = page.form_with("SAMLResponse")
    assert form.button.strip()
    directives = dict(each.strip().split(" ", 1) for each in page.headers["Content-Security-Policy"].split(";"))
    assert directives["form-action"] == "'self' https://messagerie.example"
    assert directives["script-src"] == "'self'"
    assert page.headers["Cache-Control"] == "no-store"


def test_one_login_opens_both_protocols(browser, jeanne, dcc, messagerie):
    dcc.signs_in(browser.logs_in(jeanne, to=dcc))
    before = len(browser.exchanges)
    page = browser.visits(messagerie.asks())
    assert [seen.status for seen in browser.exchanges[before:]] == [200]
    assert messagerie.signs_on(page).name_id


def test_a_request_may_be_posted_from_another_site(browser, jeanne, messagerie):
    """Bindings 3.5: the POST comes without our cookies, sets the one of the login it begins, and a GET of ours has all.

    A browser takes it, since the whole window went there (tests/pages/test_saml_journeys.py).
    """
    browser.logs_in(jeanne, to=messagerie)
    page = browser.is_made_to_post(messagerie.address, **messagerie.posts(relay_state="x", signed=True))
    assert messagerie.signs_on(page).relay_state == "x"
    (posted,) = [seen for seen in browser.exchanges if seen.method == "POST" and "/saml/" in seen.url]
    (cookie,) = posted.cookies_set
    assert cookie.startswith("__Secure-idp-login-")
    assert f"Path={posted.location}" in cookie.split("; ")


def test_a_request_may_be_signed_in_its_query(browser, jeanne, messagerie):
    """Bindings 3.4.4.1."""
    assert messagerie.signs_on(browser.logs_in(jeanne, to=messagerie, relay_state="a b+c&d", signed=True))


def test_a_signature_over_lower_case_escapes_is_verified_as_sent(browser, jeanne, messagerie):
    """Bindings 3.4.4.1: over the octets sent. ADFS and .NET escape in lower case (pysaml2 #957)."""
    address, _, query = messagerie.asks(relay_state="/a?b=c").partition("?")
    lowered = re.sub("%[0-9A-F]{2}", lambda escape: escape[0].lower(), query)
    browser.visits(f"{address}?{messagerie.signed_query(lowered)}")
    assert messagerie.signs_on(browser.gives(jeanne)).relay_state == "/a?b=c"


def test_the_login_is_audited(browser, jeanne, messagerie, idp):
    before = len(idp.trail())
    browser.logs_in(jeanne, to=messagerie)
    browser.visits(messagerie.asks())
    assert idp.trail()[before:] == ["login.succeeded", "sign-in.answered", "sign-in.answered"]


def test_the_session_records_the_name_id_and_session_index_of_the_service_provider(browser, jeanne, messagerie, idp):
    """A logout in either direction needs them (Core 3.7.1)."""
    given = messagerie.signs_on(browser.logs_in(jeanne, to=messagerie))
    (sid,) = idp.services.sessions.named_by("messagerie", name_id=given.name_id, session_indexes=[given.session_index])
    (participation,) = idp.services.sessions.participations(sid)
    assert (participation.identifier, participation.protocol) == ("messagerie", "saml")
    assert participation.detail == {
        "name_id": given.name_id,
        "name_id_format": PERSISTENT,
        "sp_name_qualifier": messagerie.entity_id,
        "session_index": given.session_index,
    }


@pytest.fixture
def session_ends_meanwhile(browser, jeanne, messagerie, idp, monkeypatch):
    """Ends Jeanne's session between its check and the answer."""
    browser.logs_in(jeanne, to=messagerie)
    store = idp.app.extensions["idp"].store
    put_all_once = store.put_all_once

    def once_the_session_has_ended(*records, while_exist):
        store.delete(*while_exist)
        return put_all_once(*records, while_exist=while_exist)

    monkeypatch.setattr(store, "put_all_once", once_the_session_has_ended)


@pytest.mark.usefixtures("session_ends_meanwhile")
def test_a_session_that_ends_during_the_answer_is_not_used(browser, messagerie):
    page = browser.visits(messagerie.asks())
    assert not page.asks_for("SAMLResponse")
    assert page.asks_for("login", "password")


@pytest.mark.usefixtures("session_ends_meanwhile")
def test_a_passive_request_is_then_refused_without_a_page(browser, messagerie):
    """Core 3.4.1, IsPassive."""
    refused = messagerie.is_refused(browser.visits(messagerie.asks(IsPassive="true")))
    assert (refused.top, refused.second) == ("Responder", "NoPassive")


def test_another_worker_gives_the_same_identifiers(browser, jeanne, messagerie, idp):
    first = messagerie.signs_on(browser.logs_in(jeanne, to=messagerie))
    with idp.another_worker() as worker:
        other = worker.a_browser()
        other.cookies = browser.cookies
        second = messagerie.signs_on(other.visits(messagerie.asks()))
        third = messagerie.signs_on(other.visits(messagerie.asks(inside=policy(Format=TRANSIENT))))
    fourth = messagerie.signs_on(browser.visits(messagerie.asks(inside=policy(Format=TRANSIENT))))
    assert (second.name_id, second.session_index) == (first.name_id, first.session_index)
    assert fourth.name_id == third.name_id


def test_the_consumer_is_the_one_of_the_request_by_url_by_index_or_by_default(browser, jeanne, messagerie):
    """Core 3.4.1."""
    browser.logs_in(jeanne, to=messagerie)
    nothing = {"AssertionConsumerServiceURL": None, "ProtocolBinding": None}
    for asked, to in [
        ({"AssertionConsumerServiceURL": OTHER_CONSUMER}, OTHER_CONSUMER),
        ({"AssertionConsumerServiceURL": OTHER_CONSUMER, "ProtocolBinding": None}, OTHER_CONSUMER),
        (nothing | {"AssertionConsumerServiceIndex": "1"}, OTHER_CONSUMER),
        (nothing | {"AssertionConsumerServiceIndex": "0"}, CONSUMER),
        (nothing, CONSUMER),
    ]:
        assert messagerie.signs_on(browser.visits(messagerie.asks(**asked)), to=to)


def test_the_default_consumer_is_the_one_with_is_default(browser, jeanne, idp):
    """Metadata 2.2.3. pysaml2 takes the first."""
    messagerie = registers(
        idp,
        assertion_consumer_services=(
            Endpoint(binding=Binding.POST, location=OTHER_CONSUMER, index=0),
            Endpoint(binding=Binding.POST, location=CONSUMER, index=1, is_default=True),
        ),
    )
    nothing = {"AssertionConsumerServiceURL": None, "ProtocolBinding": None}
    assert messagerie.signs_on(browser.logs_in(jeanne, to=messagerie, **nothing), to=CONSUMER)


def test_the_form_action_includes_the_registered_origins(browser, jeanne, idp):
    messagerie = registers(idp, form_action_origins=("https://boite.example",))
    page = browser.logs_in(jeanne, to=messagerie)
    assert "form-action 'self' https://messagerie.example https://boite.example;" in (
        page.headers["Content-Security-Policy"] + ";"
    )


def test_a_login_may_start_here_if_the_registration_allows_it(browser, jeanne, idp):
    """Profiles 4.1.5: no InResponseTo."""
    messagerie = registers(idp, idp_initiated=True)
    browser.visits(f"{idp.issuer}/saml/start/messagerie?target=/boite")
    signed_on = messagerie.signs_on(browser.gives(jeanne), unsolicited=True)
    assert signed_on.relay_state == "/boite"
    again = browser.visits(f"{idp.issuer}/saml/start/messagerie?target=https://messagerie.example/a%3Fb=c")
    assert messagerie.signs_on(again, unsolicited=True).relay_state == "https://messagerie.example/a?b=c"


def test_a_pending_login_is_answered_by_the_current_registration(browser, jeanne, idp):
    """The consumer was removed, or the application suspended, after the request."""
    messagerie = registers(idp)
    browser.visits(messagerie.asks(AssertionConsumerServiceURL=OTHER_CONSUMER))
    registers(idp, assertion_consumer_services=(Endpoint(binding=Binding.POST, location=CONSUMER, index=0),))
    idp.app.extensions["idp"].registry.by_identifier("nobody")
    with idp.another_worker() as worker:
        other = worker.a_browser()
        other.cookies, other.history = browser.cookies, browser.history
        assert other.gives(jeanne).status == 410


def test_an_application_may_use_both_protocols(browser, jeanne, idp):
    """It is one application for entitlements, audit and sessions."""
    both = registers(idp, name="dossier", identifier="dossier", oidc=a_registration().oidc)
    assert both.signs_on(browser.logs_in(jeanne, to=both))


@pytest.mark.parametrize("asked", ["https://SP_Test.example/saml/acs", "https://sp_test.example/saml/acs"])
def test_a_service_provider_is_answered_at_the_host_as_written_in_its_request(idp, browser, jeanne, asked):
    endpoints = (Endpoint(binding=Binding.POST, location="https://SP_Test.example/saml/acs", index=0),)
    provider = registers(idp, assertion_consumer_services=endpoints)
    provider.consumer = asked
    browser.visits(provider.asks())

    page = browser.gives(jeanne)

    signed_on = provider.signs_on(page)
    assert signed_on.find("saml:Assertion/saml:Subject//saml:SubjectConfirmationData").get("Recipient") == asked
    assert "form-action 'self' https:;" in page.headers["Content-Security-Policy"], (
        "a host with _ cannot be named there"
    )


def test_the_page_that_posts_to_an_application_sends_its_origin(browser, jeanne, messagerie):
    """With `no-referrer` a browser sends `Origin: null`, which many applications refuse."""
    asking = browser.visits(messagerie.asks())
    assert asking.headers["Referrer-Policy"] == "no-referrer"
    assert browser.gives(jeanne).headers["Referrer-Policy"] == "strict-origin"
    assert browser.visits(messagerie.asks()).headers["Referrer-Policy"] == "strict-origin"
