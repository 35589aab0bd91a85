"""A login by SAML with HTTP-Artifact, from the service provider's button to its page: Bindings, section 3.6."""

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


def test_a_professional_logs_in_and_the_browser_carries_only_an_artifact(browser, jeanne, by_artifact):
    browser.visits(by_artifact.asks(relay_state="/boite?dossier=12&page=2"))
    page = browser.gives(jeanne)

    signed_on = by_artifact.signs_on(page)

    assert signed_on.attributes["urn:oid:2.5.4.42"] == ["Jeanne"]
    assert signed_on.relay_state == "/boite?dossier=12&page=2"
    assert "SAMLResponse" not in page.html


def test_an_open_session_is_answered_with_one_redirect(browser, jeanne, dcc, by_artifact):
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
def test_the_consumer_is_chosen_by_binding_url_or_index(browser, jeanne, by_artifact, asked):
    browser.visits(by_artifact.asks(**asked))
    assert by_artifact.signs_on(browser.gives(jeanne)).name_id


def test_a_request_without_a_consumer_is_answered_at_the_default_one(browser, jeanne, by_artifact):
    browser.visits(by_artifact.asks(ProtocolBinding=None, AssertionConsumerServiceURL=None))
    assert by_artifact.sp.signs_on(browser.gives(jeanne)).name_id


def test_an_idp_initiated_login_may_be_answered_by_artifact(idp, browser, jeanne):
    by_artifact = registers_by_artifact(
        idp,
        idp_initiated=True,
        assertion_consumer_services=(Endpoint(binding=Binding.ARTIFACT, location=BY_ARTIFACT, index=0),),
    )
    browser.visits(f"{idp.issuer}/saml/start/messagerie?target=/boite")
    signed_on = by_artifact.signs_on(browser.gives(jeanne), unsolicited=True)
    assert signed_on.relay_state == "/boite"


def test_the_fetched_assertion_is_encrypted_as_registered(idp, browser, jeanne):
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


def test_a_refusal_is_fetched_by_artifact(idp, browser, jeanne, by_artifact):
    answer = browser.asks(by_artifact.asks(IsPassive="true"))
    refused = by_artifact.sp.is_refused_by(
        _fetched(by_artifact, answer.headers["Location"]), None, to=by_artifact.consumer
    )
    assert (refused.top, refused.second) == ("Responder", "NoPassive")

    by_artifact = registers_by_artifact(idp, entry=AccessRule.ENTITLED)
    browser.visits(by_artifact.asks())
    browser.gives(jeanne)
    assert browser.page.status == 403


def test_an_artifact_is_resolved_once(browser, jeanne, by_artifact):
    browser.visits(by_artifact.asks())
    artifact = by_artifact.is_brought(browser.gives(jeanne)).artifact
    assert by_artifact.fetches(artifact)
    assert by_artifact.fetches(artifact) is None


def test_another_service_provider_neither_gets_the_message_nor_uses_up_the_artifact(
    browser, jeanne, by_artifact, agenda
):
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


def test_after_a_logout_the_artifact_is_not_resolved(idp, browser, jeanne, by_artifact):
    browser.visits(by_artifact.asks())
    artifact = by_artifact.is_brought(browser.gives(jeanne)).artifact
    browser.visits(f"{idp.issuer}/logout")
    browser.submits(browser.page.forms[0])
    assert by_artifact.fetches(artifact) is None


def test_after_the_account_is_disabled_the_artifact_is_not_resolved(idp, browser, jeanne, by_artifact, clock):
    browser.visits(by_artifact.asks())
    artifact = by_artifact.is_brought(browser.gives(jeanne)).artifact
    idp.disables(jeanne)
    clock.shift(1)  # seconds: what is remembered of an account lasts half of one
    assert by_artifact.fetches(artifact) is None


def test_the_store_has_neither_the_artifact_nor_personal_data(idp, browser, jeanne, by_artifact):
    """Messages are stored encrypted, under a hash of the artifact."""
    browser.visits(by_artifact.asks())
    artifact = by_artifact.is_brought(browser.gives(jeanne)).artifact
    kept = idp.services.store.get(IdpRecord.ARTIFACT, fingerprint(artifact))
    assert set(kept) == {"client_id", "message", "sid", "expires_at"}
    assert kept["message"].startswith("sealed1.")
    assert "Jeanne" not in str(kept)
    assert artifact not in str(kept)


def test_the_login_is_audited_and_recorded_in_the_session(idp, browser, jeanne, by_artifact):
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
    """The messaging service sends artifacts for its requests, and its server answers on this machine."""
    with a_server() as server:
        services = (Endpoint(binding=Binding.SOAP, location=f"{server.address}/artifact", index=0),)
        keeper = RequestKeeper(sp=registers(idp, artifact_resolution_services=services))
        server.says = keeper.serves
        yield keeper


def test_a_request_is_fetched_by_its_artifact(browser, jeanne, keeper):
    browser.visits(keeper.sends(relay_state="/boite"))
    signed_on = keeper.sp.signs_on(browser.gives(jeanne))
    assert signed_on.attributes["urn:oid:2.5.4.42"] == ["Jeanne"]
    assert signed_on.relay_state == "/boite"
    assert keeper.kept == {}


def test_an_artifact_may_end_with_a_newline(browser, jeanne, keeper):
    """Shibboleth appends one; white space is not part of base64."""
    browser.visits(f"{keeper.sp.address}?{urlencode({'SAMLart': keeper.keeps(keeper.sp.request()) + chr(10)})}")
    assert keeper.sp.signs_on(browser.gives(jeanne)).name_id


def test_an_artifact_may_be_posted(browser, jeanne, keeper):
    browser.is_made_to_post(keeper.sp.address, SAMLart=keeper.keeps(keeper.sp.request()), RelayState="/boite")
    assert keeper.sp.signs_on(browser.gives(jeanne)).relay_state == "/boite"


def test_a_request_in_a_signed_artifact_response_counts_as_signed(idp, browser, jeanne, keeper):
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
