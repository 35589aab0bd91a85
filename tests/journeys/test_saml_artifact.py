"""From a service provider's button to its page, when it fetches the answer itself: Bindings, section 3.6."""

from base64 import b64encode
from urllib.parse import urlencode

import pytest
from werkzeug.test import Client

from config.redis.store import fingerprint
from idp.record_kinds import IdpRecord
from relying_parties.policy import AccessRule
from relying_parties.registration.saml_sp import Encryption
from relying_parties.sp_metadata.service_provider import Binding, Endpoint
from tests.actors.artifacts import ArtifactProvider, RequestKeeper
from tests.actors.server import a_server
from tests.builders.saml import encryption_key
from tests.fixtures.artifacts import BY_ARTIFACT, registers_by_artifact
from tests.fixtures.saml import registers


def test_a_professional_logs_in_and_the_browser_carries_an_artifact_alone(browser, jeanne, by_artifact):
    browser.visits(by_artifact.asks(relay_state="/boite?dossier=12&page=2"))
    page = browser.gives(jeanne)

    signed_on = by_artifact.signs_on(page)

    assert signed_on.attributes["urn:oid:2.5.4.42"] == ["Jeanne"]
    assert signed_on.relay_state == "/boite?dossier=12&page=2"
    assert "SAMLResponse" not in page.html


def test_a_warm_session_is_answered_by_one_redirection(browser, jeanne, dcc, by_artifact):
    dcc.signs_in(browser.logs_in(jeanne, to=dcc))
    answer = browser.asks(by_artifact.asks())
    assert answer.status_code == 303
    assert answer.headers["Cache-Control"] == "no-store"
    assert by_artifact.is_brought_at(answer.headers["Location"]).relay_state is None


@pytest.mark.parametrize(
    "asked",
    [
        {"AssertionConsumerServiceURL": None},
        {"ProtocolBinding": None},
        {"ProtocolBinding": None, "AssertionConsumerServiceURL": None, "AssertionConsumerServiceIndex": "1"},
    ],
)
def test_the_consumer_is_chosen_by_binding_address_or_index(browser, jeanne, by_artifact, asked):
    browser.visits(by_artifact.asks(**asked))
    assert by_artifact.signs_on(browser.gives(jeanne)).name_id


def test_a_request_that_names_no_consumer_goes_to_the_default_one(browser, jeanne, by_artifact):
    browser.visits(by_artifact.asks(ProtocolBinding=None, AssertionConsumerServiceURL=None))
    assert by_artifact.sp.signs_on(browser.gives(jeanne)).name_id


def test_a_login_that_begins_here_may_end_by_artifact(idp, browser, jeanne):
    by_artifact = registers_by_artifact(
        idp,
        idp_initiated=True,
        assertion_consumer_services=(Endpoint(binding=Binding.ARTIFACT, location=BY_ARTIFACT, index=0),),
    )
    browser.visits(f"{idp.issuer}/saml/start/messagerie?target=/boite")
    signed_on = by_artifact.signs_on(browser.gives(jeanne), unsolicited=True)
    assert signed_on.relay_state == "/boite"


def test_what_is_fetched_is_encrypted_as_registered(idp, browser, jeanne):
    by_artifact = registers_by_artifact(
        idp, encryption_keys=(encryption_key(),), encryption=Encryption.REQUIRED, encrypt_name_id=True
    )
    browser.visits(by_artifact.asks())
    page = browser.gives(jeanne)
    brought = by_artifact.is_brought(page)
    fetched = by_artifact.fetches(brought.artifact)
    assert b"EncryptedAssertion" in fetched
    assert b"Jeanne" not in fetched
    browser.visits(by_artifact.asks())
    assert by_artifact.signs_on(browser.page).attributes["urn:oid:2.5.4.42"] == ["Jeanne"]


def test_a_refusal_is_fetched_likewise(idp, browser, jeanne, by_artifact):
    answer = browser.asks(by_artifact.asks(IsPassive="true"))
    refused = by_artifact.sp.is_refused_by(
        _fetched(by_artifact, answer.headers["Location"]), None, to=by_artifact.consumer
    )
    assert (refused.top, refused.second) == ("Responder", "NoPassive")

    by_artifact = registers_by_artifact(idp, entry=AccessRule.ENTITLED)
    browser.visits(by_artifact.asks())
    browser.gives(jeanne)
    assert browser.page.status == 403


def test_an_artifact_is_good_once(browser, jeanne, by_artifact):
    browser.visits(by_artifact.asks())
    artifact = by_artifact.is_brought(browser.gives(jeanne)).artifact
    assert by_artifact.fetches(artifact)
    assert by_artifact.fetches(artifact) is None


def test_another_service_provider_neither_gets_it_nor_spends_it(browser, jeanne, by_artifact, agenda):
    browser.visits(by_artifact.asks())
    artifact = by_artifact.is_brought(browser.gives(jeanne)).artifact
    assert agenda.fetches(artifact) is None
    assert by_artifact.fetches(artifact)


def test_another_worker_resolves_it(idp, browser, jeanne, by_artifact):
    browser.visits(by_artifact.asks())
    artifact = by_artifact.is_brought(browser.gives(jeanne)).artifact
    with idp.another_worker() as worker:
        by_artifact.idp = Client(worker.app.wsgi_app)
        assert by_artifact.fetches(artifact)


def test_whoever_logs_out_before_it_is_fetched_is_not_logged_in(idp, browser, jeanne, by_artifact):
    browser.visits(by_artifact.asks())
    artifact = by_artifact.is_brought(browser.gives(jeanne)).artifact
    browser.visits(f"{idp.issuer}/logout")
    browser.submits(browser.page.forms[0])
    assert by_artifact.fetches(artifact) is None


def test_whoever_is_disabled_before_it_is_fetched_is_not_logged_in(idp, browser, jeanne, by_artifact, clock):
    browser.visits(by_artifact.asks())
    artifact = by_artifact.is_brought(browser.gives(jeanne)).artifact
    idp.disables(jeanne)
    clock.shift(1)  # seconds: what is remembered of an account lasts half of one
    assert by_artifact.fetches(artifact) is None


def test_what_is_kept_names_nobody_and_is_not_the_artifact(idp, browser, jeanne, by_artifact):
    """The store is read by whoever reads Redis: sealed, under a fingerprint."""
    browser.visits(by_artifact.asks())
    artifact = by_artifact.is_brought(browser.gives(jeanne)).artifact
    kept = idp.services.store.get(IdpRecord.ARTIFACT, fingerprint(artifact))
    assert set(kept) == {"client_id", "message", "sid", "expires_at"}
    assert kept["message"].startswith("sealed1.")
    assert "Jeanne" not in str(kept)
    assert artifact not in str(kept)


def test_the_sign_in_is_in_the_audit_trail_and_the_session_knows_the_application(idp, browser, jeanne, by_artifact):
    before = idp.trail().count("sign-in.answered")
    browser.visits(by_artifact.asks())
    signed_on = by_artifact.signs_on(browser.gives(jeanne))
    assert idp.trail().count("sign-in.answered") == before + 1
    sids = idp.services.sessions.named_by(
        "messagerie", name_id=signed_on.name_id, session_indexes=(signed_on.session_index,)
    )
    assert len(sids) == 1


def _fetched(provider: ArtifactProvider, address: str) -> str:
    fetched = provider.fetches(provider.is_brought_at(address).artifact)
    assert fetched is not None
    return b64encode(fetched).decode()


# --- a request that comes as an artifact ---------------------------------------------------------


@pytest.fixture
def keeper(idp):
    """The messaging service keeps its requests at its own server, which answers on this machine."""
    with a_server() as server:
        services = (Endpoint(binding=Binding.SOAP, location=f"{server.address}/artifact", index=0),)
        keeper = RequestKeeper(sp=registers(idp, artifact_resolution_services=services))
        server.says = keeper.serves
        yield keeper


def test_a_request_is_fetched_by_its_artifact_and_read_as_any_other(browser, jeanne, keeper):
    browser.visits(keeper.sends(relay_state="/boite"))
    signed_on = keeper.sp.signs_on(browser.gives(jeanne))
    assert signed_on.attributes["urn:oid:2.5.4.42"] == ["Jeanne"]
    assert signed_on.relay_state == "/boite"
    assert keeper.kept == {}


def test_an_artifact_may_end_with_a_newline(browser, jeanne, keeper):
    """As Shibboleth's do: white space is no part of what is written in base64."""
    browser.visits(f"{keeper.sp.address}?{urlencode({'SAMLart': keeper.keeps(keeper.sp.request()) + chr(10)})}")
    assert keeper.sp.signs_on(browser.gives(jeanne)).name_id


def test_an_artifact_may_come_by_a_form(browser, jeanne, keeper):
    browser.is_made_to_post(keeper.sp.address, SAMLart=keeper.keeps(keeper.sp.request()), RelayState="/boite")
    assert keeper.sp.signs_on(browser.gives(jeanne)).relay_state == "/boite"


def test_whoever_signs_requests_has_signed_the_answer_that_brings_one(idp, browser, jeanne, keeper):
    endpoints = idp.services.registry.by_identifier("messagerie").saml_sp.service_provider
    registers(idp, requests_signed=True, artifact_resolution_services=endpoints.artifact_resolution_services)
    browser.visits(keeper.sends(keeper.sp.signs(keeper.sp.request())))
    assert keeper.sp.signs_on(browser.gives(jeanne)).name_id
    browser.visits(keeper.sends(Destination=None))
    assert keeper.sp.signs_on(browser.page).name_id


def test_request_and_answer_may_both_be_fetched(idp, browser, jeanne):
    with a_server() as server:
        services = (Endpoint(binding=Binding.SOAP, location=f"{server.address}/artifact", index=3),)
        by_artifact = registers_by_artifact(idp, artifact_resolution_services=services)
        keeper = RequestKeeper(sp=by_artifact.sp, index=3)
        server.says = keeper.serves
        browser.visits(keeper.sends(AssertionConsumerServiceURL=BY_ARTIFACT, ProtocolBinding=Binding.ARTIFACT.value))
        assert by_artifact.signs_on(browser.gives(jeanne)).name_id
