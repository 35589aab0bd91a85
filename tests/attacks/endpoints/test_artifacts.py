"""Prevents: a message obtained with an artifact by anyone but the service provider that it was issued to.

An artifact travels in a URL, which is in the browser's history and in the logs of proxies.
Its message is given once, within a minute, to the service provider that it was issued to,
which must sign its request. Artifacts that we receive are in test_received_artifacts.py.
"""

import json
import secrets
from base64 import b64decode, b64encode
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree
from werkzeug.test import Client

from config.redis.store import fingerprint
from idp.record_kinds import IdpRecord
from idp.saml.artifact.artifacts import Artifact
from relying_parties.registry.artifact_sources import source_id
from relying_parties.sp_metadata.service_provider import Binding, Endpoint
from tests.actors.artifacts import SOAP, ArtifactProvider, in_soap
from tests.actors.service_provider import instant
from tests.builders.operators import OPERATOR
from tests.builders.saml import key_pair
from tests.fixtures.artifacts import BY_ARTIFACT, registers_by_artifact

SAMLP = "urn:oasis:names:tc:SAML:2.0:protocol"
AT_ONCE = 8


def forged(provider: ArtifactProvider) -> ArtifactProvider:
    """The same service provider, with a key that its metadata do not have."""
    sp = provider.sp
    copied = {name: getattr(sp, name) for name in type(sp).__dataclass_fields__}
    return ArtifactProvider(
        sp=type(sp)(**(copied | {"keys": key_pair("stranger")})), consumer=provider.consumer, idp=provider.idp
    )


def is_refused(response, status: int = 403) -> bool:
    """A SOAP fault without a reason, and not a page."""
    assert (response.status_code, response.mimetype) == (status, "text/xml"), response.text
    fault = etree.fromstring(response.data).find(f"{{{SOAP}}}Body/{{{SOAP}}}Fault")
    assert fault.findtext("faultcode") == "soap:Client"
    assert "Jeanne" not in response.text
    assert SAMLP not in response.text
    return True


def test_an_artifact_is_resolved_once(by_artifact, artifact, journal):
    """Bindings 3.6.6.2, Core 3.5.3. pysaml2 resolves it any number of times."""
    assert by_artifact.fetches(artifact)
    assert by_artifact.fetches(artifact) is None
    assert [line["fault"] for line in journal() if "fault" in line] == ["artifact-unknown"]


def test_one_of_eight_simultaneous_resolves_gets_the_message(idp, by_artifact, artifact):
    requests = [by_artifact.sp.signs(by_artifact.resolve(artifact)) for _ in range(AT_ONCE)]

    def fetches(request: bytes) -> bytes | None:
        racing = ArtifactProvider(sp=by_artifact.sp, consumer=by_artifact.consumer, idp=Client(idp.app.wsgi_app))
        return racing.reads(racing.posts(request), to=etree.fromstring(request).get("ID"))

    with ThreadPoolExecutor(AT_ONCE) as together:
        fetched = list(together.map(fetches, requests))
    assert len([each for each in fetched if each is not None]) == 1


def test_another_service_provider_neither_gets_the_message_nor_uses_up_the_artifact(
    by_artifact, agenda, artifact, journal
):
    """Profiles 5.4: an artifact is bound to a service provider. pysaml2 resolves it for anyone."""
    for _ in range(3):
        assert agenda.fetches(artifact) is None
    assert {line["application"] for line in journal() if line.get("fault") == "artifact-unknown"} == {"agenda"}
    assert by_artifact.fetches(artifact)


def test_another_service_provider_cannot_tell_whether_an_artifact_exists(agenda, artifact):
    def told(of: str) -> list[tuple[str, str | None]]:
        request = agenda.sp.signs(agenda.resolve(of))
        [answer] = etree.fromstring(agenda.posts(request).data).find(f"{{{SOAP}}}Body")
        varying = ("SignatureValue", "DigestValue")
        return [(each.tag, None if each.tag.endswith(varying) else each.text) for each in answer.iter()]

    assert told(artifact) == told(Artifact.generate(agenda.sp.idp_entity_id).serialized())


def test_an_artifact_expires_after_a_minute(by_artifact, artifact, clock):
    clock.shift(61)
    assert by_artifact.fetches(artifact) is None


def test_a_suspended_application_cannot_resolve(idp, by_artifact, artifact, journal):
    idp.services.registry.suspend("messagerie", actor=OPERATOR)
    assert is_refused(by_artifact.posts(by_artifact.sp.signs(by_artifact.resolve(artifact))))
    assert "saml.application-suspended" in [line.get("fault") for line in journal()]


def test_an_application_with_expired_metadata_cannot_resolve(idp, by_artifact, artifact, clock):
    registers_by_artifact(idp, valid_until=datetime.now(UTC) + timedelta(seconds=20))
    clock.shift(21)
    assert is_refused(by_artifact.posts(by_artifact.sp.signs(by_artifact.resolve(artifact))))


def test_a_key_removed_from_the_metadata_is_refused(idp, by_artifact, artifact):
    request = by_artifact.sp.signs(by_artifact.resolve(artifact))
    registers_by_artifact(idp, signing_certificates=(key_pair("renewed").certificate,))
    assert is_refused(by_artifact.posts(request))


def test_an_unsigned_resolve_is_refused_and_the_artifact_stays_valid(by_artifact, artifact, journal):
    """pysaml2 verifies no signature here."""
    assert is_refused(by_artifact.posts(by_artifact.resolve(artifact)))
    assert [line["fault"] for line in journal() if "fault" in line] == ["saml.signature-missing"]
    assert by_artifact.fetches(artifact)


def test_a_resolve_signed_with_another_key_is_refused_and_the_artifact_stays_valid(by_artifact, agenda, artifact):
    """The key of a stranger, or of another service provider."""
    stranger = forged(by_artifact)
    assert is_refused(stranger.posts(stranger.sp.signs(stranger.resolve(artifact))))
    pretending = agenda.resolve(artifact, issuer=by_artifact.sp.entity_id)
    assert is_refused(agenda.posts(agenda.sp.signs(pretending)))
    assert by_artifact.fetches(artifact)


def test_a_resolve_changed_after_signing_is_refused(by_artifact, artifact):
    other = Artifact.generate(by_artifact.sp.idp_entity_id).serialized()
    signed = by_artifact.sp.signs(by_artifact.resolve(other))
    assert is_refused(by_artifact.posts(signed.replace(other.encode(), artifact.encode())))
    assert by_artifact.fetches(artifact)


def test_a_signature_over_another_element_is_refused(by_artifact, agenda, artifact):
    """Prevents: signature wrapping. A signed message of the agenda is inside a message of the messaging service."""
    genuine = agenda.sp.signs(agenda.resolve(artifact)).decode()
    within = f"<samlp:Extensions>{genuine}</samlp:Extensions>"
    wrapped = by_artifact.resolve(artifact, inside=within)
    assert is_refused(by_artifact.posts(wrapped))
    signature = genuine[genuine.index("<ds:Signature") : genuine.index("</ds:Signature>") + len("</ds:Signature>")]
    assert is_refused(by_artifact.posts(by_artifact.resolve(artifact, inside=signature)))
    two = in_soap(genuine.encode() + by_artifact.resolve(artifact))
    assert is_refused(by_artifact.sends(two), 400)
    assert by_artifact.fetches(artifact)


def test_an_unknown_issuer_is_refused(by_artifact, artifact, journal):
    unknown = by_artifact.resolve(artifact, issuer="https://attacker.example/")
    assert is_refused(by_artifact.posts(by_artifact.sp.signs(unknown)))
    assert [line["fault"] for line in journal() if "fault" in line] == ["saml.issuer-unknown"]


def test_a_resolve_cannot_be_replayed(by_artifact, artifact):
    """Core 1.3.4."""
    request = by_artifact.sp.signs(by_artifact.resolve(artifact))
    assert by_artifact.posts(request).status_code == 200
    assert is_refused(by_artifact.posts(request))


@pytest.mark.parametrize("changed", [{"minutes": 8}, {"minutes": -3}, {"days": 365 * 20}])
def test_an_old_or_future_resolve_is_refused(by_artifact, artifact, changed):
    request = by_artifact.resolve(artifact, IssueInstant=instant(**changed))
    assert is_refused(by_artifact.posts(by_artifact.sp.signs(request)))
    assert by_artifact.fetches(artifact)


@pytest.mark.parametrize(
    "changed",
    [
        {"Destination": "https://elsewhere.example/saml/artifact"},
        {"Version": "1.1"},
        {"Version": None},
        {"IssueInstant": None},
        {"IssueInstant": "yesterday"},
        {"ID": f"_{'a' * 300}"},
    ],
)
def test_a_resolve_with_another_destination_or_form_is_refused(by_artifact, artifact, changed):
    request = by_artifact.resolve(artifact, **changed)
    assert is_refused(by_artifact.posts(by_artifact.sp.signs(request)))
    assert by_artifact.fetches(artifact)


def test_the_destination_is_optional(by_artifact, artifact):
    assert by_artifact.fetches(artifact, Destination=None)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not base64",
        "AAQAAA==",
        b64encode(b"\x00\x01" + secrets.token_bytes(42)).decode(),
        b64encode(b"\x00\x04\x00\x00" + secrets.token_bytes(40)).decode(),
        b64encode(b"\x00\x04\x00\x00" + secrets.token_bytes(80)).decode(),
        "A" * 50_000,
        "é" * 60,
    ],
    ids=["empty", "not-base64", "short", "another-type", "another-idp", "long", "huge", "not-ascii"],
)
def test_a_foreign_artifact_gets_an_empty_success(by_artifact, text):
    """Core 3.5.3: this is a success, without a message."""
    assert by_artifact.fetches(text) is None


def test_another_base64_of_the_same_octets_is_not_the_artifact(by_artifact, artifact):
    """Prevents: an artifact resolved twice, with other unused bits of base64 or with spaces."""
    assert by_artifact.fetches(f"{artifact[:10]} {artifact[10:]}") is None
    assert artifact.endswith("=")
    last = artifact[-2]
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    other = artifact[:-2] + alphabet[alphabet.index(last) ^ 1] + "="
    assert b64decode(other) == b64decode(artifact)
    assert by_artifact.fetches(other) is None
    assert by_artifact.fetches(artifact)


@pytest.mark.parametrize("element", ["ArtifactResponse", "AuthnRequest", "LogoutRequest", "Unheard"])
def test_another_message_is_refused(by_artifact, artifact, element):
    request = by_artifact.resolve(artifact).replace(b"ArtifactResolve", element.encode())
    assert is_refused(by_artifact.posts(by_artifact.sp.signs(request)))


def test_a_resolve_without_an_artifact_is_refused(by_artifact):
    request = by_artifact.resolve("x").replace(b"<samlp:Artifact>x</samlp:Artifact>", b"")
    assert is_refused(by_artifact.posts(by_artifact.sp.signs(request)))


HOSTILE = {
    "nothing": b"",
    "no envelope": b"<a/>",
    "document type": b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
    "billion laughs": b'<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><a>&b;</a>',
    "no body": b'<soap:Envelope xmlns:soap="%s"/>' % SOAP.encode(),
    "empty body": in_soap(b""),
    "two bodies": b'<soap:Envelope xmlns:soap="%s"><soap:Body><a/></soap:Body><soap:Body><a/></soap:Body>'
    b"</soap:Envelope>" % SOAP.encode(),
    "too deep": in_soap(b"<a>" * 5_000 + b"</a>" * 5_000),
    "too many nodes": in_soap(b"<a>" + b"<b/>" * 60_000 + b"</a>"),
    "too large": in_soap(b"<a>" + b"b" * 400_000 + b"</a>"),
    "large": in_soap(b"<a>" + b"b" * 200_000 + b"</a>"),
    "utf-16": "<a/>".encode("utf-16"),
    "instruction": b'<?xml-stylesheet href="http://127.0.0.1/"?>' + in_soap(b"<a/>"),
}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE)
def test_hostile_xml_is_refused(by_artifact, body):
    assert is_refused(by_artifact.sends(body), 400)


@pytest.mark.parametrize("content_type", ["application/x-www-form-urlencoded", "application/json", "text/html", ""])
def test_only_soap_is_accepted(by_artifact, artifact, content_type):
    """A browser on another site can only post a form."""
    request = by_artifact.sp.signs(by_artifact.resolve(artifact))
    assert is_refused(by_artifact.posts(request, content_type=content_type), 400)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.binary(max_size=300), wrapped=st.booleans())
def test_any_body_is_refused_without_an_error(idp, body, wrapped):
    sent = in_soap(body) if wrapped else body
    response = Client(idp.app.wsgi_app).post("/saml/artifact", data=sent, content_type="text/xml")
    assert is_refused(response, 400 if response.status_code == 400 else 403)


def test_handles_are_random_and_never_logged(idp, browser, jeanne, by_artifact, journal):
    seen = set()
    browser.visits(by_artifact.asks())
    page = browser.gives(jeanne)
    for _ in range(20):
        seen.add(by_artifact.is_brought(page).octets[24:])
        page = browser.visits(by_artifact.asks())
    assert len(seen) == 20
    artifact = by_artifact.is_brought(page).artifact
    assert artifact not in json.dumps(journal())
    assert idp.services.store.get(IdpRecord.ARTIFACT, artifact) is None
    assert idp.services.store.get(IdpRecord.ARTIFACT, fingerprint(artifact))
    assert artifact not in repr(Artifact.read(artifact))


def test_a_service_provider_without_a_signing_key_is_not_answered_by_artifact(idp, browser, by_artifact):
    """It could not sign its ArtifactResolve: it is answered by HTTP-POST, or not at all."""
    registers_by_artifact(idp, signing_certificates=())
    assert browser.visits(by_artifact.asks()).status == 400
    assert browser.page.html.count("saml.consumer-unregistered")
    assert browser.visits(by_artifact.asks(ProtocolBinding=None)).status == 400
    registers_by_artifact(
        idp,
        signing_certificates=(),
        idp_initiated=True,
        assertion_consumer_services=(Endpoint(binding=Binding.ARTIFACT, location=BY_ARTIFACT, index=0),),
    )
    assert "saml.start-refused" in browser.visits(f"{idp.issuer}/saml/start/messagerie").html


def test_artifacts_are_sent_only_to_consumers_of_the_metadata(browser, by_artifact):
    evil = by_artifact.asks(AssertionConsumerServiceURL="https://attacker.example/acs")
    assert "saml.consumer-unregistered" in browser.visits(evil).html
    by_another_binding = by_artifact.asks(AssertionConsumerServiceURL=by_artifact.sp.consumer)
    assert "saml.consumer-unregistered" in browser.visits(by_another_binding).html


def test_relay_state_cannot_add_parameters_to_the_redirect(idp, browser, jeanne):
    consumer = "https://messagerie.example/saml?do=acs"
    provider = registers_by_artifact(
        idp, assertion_consumer_services=(Endpoint(binding=Binding.ARTIFACT, location=consumer, index=0),)
    )
    browser.visits(
        provider.sp.asks(
            relay_state="a&SAMLart=b#c\r\nSet-Cookie: d",
            AssertionConsumerServiceURL=consumer,
            ProtocolBinding=Binding.ARTIFACT.value,
        )
    )
    page = browser.gives(jeanne)
    assert page.url.startswith(f"{consumer}&SAMLart=")
    assert page.url.endswith("&RelayState=a%26SAMLart%3Db%23c%0D%0ASet-Cookie%3A+d")


def test_our_source_id_is_derived_from_our_entity_id(by_artifact, artifact):
    """Bindings 3.6.4.1: the SHA-1 of the entityID."""
    assert Artifact.read(artifact).source_id == source_id(by_artifact.sp.idp_entity_id)
