"""What pysaml2 7.5.5 does of artifacts and of SOAP, and we do not: one test a trap, named after it.

Its own behaviour is shown beside ours, so that an upgrade which mends it is noticed.
What a request from outside finds is in tests/attacks/endpoints/test_artifacts.py.
"""

from base64 import b64decode
from datetime import timedelta

import pytest
from lxml import etree
from saml2 import BINDING_HTTP_ARTIFACT, BINDING_SOAP, samlp
from saml2.config import IdPConfig
from saml2.entity import create_artifact
from saml2.server import Server

from config.encryption import KeyEncryption
from config.redis.store import Store
from idp.saml.artifact.artifacts import ENDPOINT_INDEX, Artifact, Artifacts
from idp.saml.idp_metadata.descriptor import ENDPOINTS

ISSUER = "https://id.example"
ENTITY = f"{ISSUER}/saml/metadata"
MESSAGERIE, AGENDA = "https://messagerie.example/saml/metadata", "https://agenda.example/saml/metadata"


@pytest.fixture(scope="module")
def stock() -> Server:
    service = {
        "idp": {
            "endpoints": {
                "single_sign_on_service": [(f"{ISSUER}/sso", BINDING_HTTP_ARTIFACT)],
                "artifact_resolution_service": [(f"{ISSUER}/artifact", BINDING_SOAP)],
            }
        }
    }
    return Server(config=IdPConfig().load({"entityid": ENTITY, "xmlsec_binary": __file__, "service": service}))


def artifacts_of(store: Store, key: bytes = b"k" * 32, *, key_id: str = "k1") -> Artifacts:
    """The artifacts of another worker, or with another key."""
    return Artifacts(
        store,
        KeyEncryption({key_id: key}),
        entity_id=ENTITY,
        lifetime=timedelta(minutes=1),
        refusals_lifetime=timedelta(minutes=10),
    )


@pytest.fixture
def artifacts(store: Store) -> Artifacts:
    return artifacts_of(store)


def test_pysaml2_writes_the_index_as_two_digits_and_we_in_binary(stock):
    """Bindings 3.6.4: two octets in network order. Others read pysaml2's index 0 as 0x3030."""
    assert b64decode(create_artifact(ENTITY, b"h" * 20, 0))[2:4] == b"00"
    ours = Artifact(endpoint_index=258, source_id=b"s" * 20, handle=b"h" * 20)
    assert b64decode(ours.serialized()) == b"\x00\x04\x01\x02" + b"s" * 20 + b"h" * 20
    assert Artifact.read(ours.serialized()) == ours


def test_our_index_is_that_of_our_metadata():
    [resolution] = [each for each in ENDPOINTS if each.service == "ArtifactResolutionService"]
    assert resolution.index == ENDPOINT_INDEX
    assert Artifact.generate(ENTITY).endpoint_index == ENDPOINT_INDEX


def test_pysaml2_keeps_artifacts_in_the_memory_of_one_worker_and_we_in_the_store(stock, artifacts, store):
    assert type(stock.artifact) is dict
    issued = artifacts.issue(b"a response", to=MESSAGERIE, sid="")
    assert artifacts_of(store).redeem(issued, by=MESSAGERIE).message == b"a response"


def test_pysaml2_resolves_an_artifact_any_number_of_times_and_we_once(stock, artifacts):
    text = stock.use_artifact(samlp.Response(id="_a", version="2.0", issue_instant="2026-01-01T00:00:00Z"))
    assert stock.artifact[text] is stock.artifact[text]
    issued = artifacts.issue(b"a response", to=MESSAGERIE, sid="")
    assert artifacts.redeem(issued, by=MESSAGERIE)
    assert artifacts.redeem(issued, by=MESSAGERIE) is None


def test_pysaml2_resolves_an_artifact_for_anyone_and_we_for_its_service_provider(artifacts):
    issued = artifacts.issue(b"a response", to=MESSAGERIE, sid="a session")
    assert artifacts.redeem(issued, by=AGENDA) is None
    assert artifacts.redeem(issued, by="") is None
    kept = artifacts.redeem(issued, by=MESSAGERIE)
    assert (kept.message, kept.sid) == (b"a response", "a session")


def test_an_artifact_whose_key_was_removed_cannot_be_resolved(artifacts, store):
    issued = artifacts.issue(b"a response", to=MESSAGERIE, sid="")
    renewed = artifacts_of(store, b"n" * 32, key_id="k2")
    assert renewed.redeem(issued, by=MESSAGERIE) is None


@pytest.mark.parametrize("change", ["message", "record"])
def test_a_message_moved_to_another_artifact_in_the_store_is_refused(artifacts, store, change):
    """A message is encrypted for its artifact, so one person's answer cannot replace another's."""
    from config.redis.store import fingerprint
    from idp.record_kinds import IdpRecord

    issued, other = (artifacts.issue(text, to=MESSAGERIE, sid="") for text in (b"hers", b"his"))
    record = store.get(IdpRecord.ARTIFACT, fingerprint(other))
    if change == "message":
        record["message"] = record["message"][:-4] + "AAAA"
    store.put(IdpRecord.ARTIFACT, fingerprint(issued), record, lifetime=timedelta(minutes=1))
    assert artifacts.redeem(issued, by=MESSAGERIE) is None


def test_our_soap_envelopes_keep_signatures_and_pysaml2_s_do_not():
    """Our envelope is of lxml (soap.py): what is signed goes into it as the tree that was signed."""
    from idp.saml.bindings.soap import message_in, wrap_in_envelope

    answer = etree.fromstring('<a xmlns="urn:a" xmlns:b="urn:b"><b:c/></a>')
    _, message = message_in(wrap_in_envelope(answer))
    assert etree.tostring(message, method="c14n", exclusive=True) == etree.tostring(
        etree.fromstring('<a xmlns="urn:a" xmlns:b="urn:b"><b:c/></a>'), method="c14n", exclusive=True
    )
