"""A service provider's metadata, read (relying_parties/sp_metadata/parser.py and what it is made of)."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from cryptography.hazmat.primitives.asymmetric import ec

from relying_parties.problems import RegistrationProblems
from relying_parties.sp_metadata.parser import read_service_provider
from relying_parties.sp_metadata.service_provider import (
    AttributeConsumingService,
    Binding,
    EncryptionMethod,
    Endpoint,
    RequestedAttribute,
    ServiceProvider,
    SubjectIdentifierRequirement,
)
from tests.builders.descriptors import (
    ALL_OF_A_ROLE,
    a_certificate,
    a_key,
    a_service_provider_metadata,
    an_endpoint,
    days_from_now,
    encryption_methods,
)
from tests.builders.saml import CONSUMER, ENTITY_ID, OTHER_CONSUMER, key_pair

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
GCM = "http://www.w3.org/2009/xmlenc11#aes128-gcm"
OAEP = "http://www.w3.org/2009/xmlenc11#rsa-oaep"
SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"
MGF = "http://www.w3.org/2009/xmlenc11#mgf1sha256"


def read(*, loopback_http: bool = False, expected: str | None = None, **said) -> ServiceProvider:
    return read_service_provider(a_service_provider_metadata(**said), entity_id=expected, loopback_http=loopback_http)


def problems_of(**said):
    with pytest.raises(RegistrationProblems) as refused:
        read(**said)
    return {problem.field: problem for problem in refused.value.problems}


def test_the_supported_elements_are_read():
    said = read(
        attributes='validUntil="2099-01-31T12:00:00Z" cacheDuration="PT6H"',
        role='protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol" AuthnRequestsSigned="true"'
        ' WantAssertionsSigned="1" cacheDuration="P1D"',
        before=ALL_OF_A_ROLE,
    )

    assert said.entity_id == ENTITY_ID
    assert said.valid_until == datetime(2099, 1, 31, 12, tzinfo=UTC)
    assert said.cache_duration == timedelta(hours=6)
    assert said.assertion_consumer_services == (Endpoint(binding=Binding.POST, location=CONSUMER, index=0),)
    assert said.single_logout_services == (
        Endpoint(
            binding=Binding.REDIRECT,
            location="https://messagerie.example/saml/logout",
            response_location="https://messagerie.example/saml/out",
        ),
    )
    assert [each.binding for each in said.artifact_resolution_services] == [Binding.SOAP]
    assert said.authn_requests_signed
    assert said.want_assertions_signed
    assert said.name_id_formats == ("urn:oasis:names:tc:SAML:2.0:nameid-format:persistent",)
    assert said.display_names == (("fr", "Messagerie sécurisée"), ("en", "Secure messaging"))


def test_a_key_without_a_use_serves_signing_and_encryption():
    """Metadata section 2.4.1.1."""
    said = read(keys=[a_key(more=encryption_methods(GCM))])

    assert said.signing_certificates == (key_pair("messagerie").certificate,)
    assert [key.certificate for key in said.encryption_keys] == [key_pair("messagerie").certificate]


def test_keys_keep_their_use_and_their_order():
    new = key_pair("messagerie, the next").certificate
    said = read(keys=[a_key(new, use="signing"), a_key(use="signing"), a_key(use="encryption"), a_key(use="signing")])

    assert said.signing_certificates == (new, key_pair("messagerie").certificate)
    assert len(said.encryption_keys) == 1


def test_a_certificate_may_be_broken_into_lines():
    lines = "\n      ".join(key_pair("messagerie").certificate[at : at + 64] for at in range(0, 2000, 64))

    assert read(keys=[a_key(lines)]).signing_certificates == (key_pair("messagerie").certificate,)


def test_encryption_methods_keep_their_order():
    """XML Encryption 1.1 section 3.2."""
    method = (
        f'<md:EncryptionMethod Algorithm="{OAEP}"><ds:DigestMethod Algorithm="{SHA256}"/>'
        f'<xenc11:MGF Algorithm="{MGF}"/></md:EncryptionMethod>'
    )
    said = read(keys=[a_key(use="encryption", more=encryption_methods(GCM) + method)])

    assert said.encryption_keys[0].methods == (
        EncryptionMethod(algorithm=GCM),
        EncryptionMethod(algorithm=OAEP, digest=SHA256, mgf=MGF),
    )


def test_requested_attributes_are_read():
    """Metadata section 2.4.4.2."""
    said = read(
        after='<md:AttributeConsumingService index="1" isDefault="true">'
        '<md:ServiceName xml:lang="fr">Tout</md:ServiceName>'
        '<md:RequestedAttribute Name="urn:oid:2.5.4.4" FriendlyName="sn" isRequired="true"/>'
        '<md:RequestedAttribute Name="urn:oid:1.2"><saml:AttributeValue>medecin</saml:AttributeValue>'
        "</md:RequestedAttribute></md:AttributeConsumingService>"
    )

    assert said.attribute_consuming_services == (
        AttributeConsumingService(
            index=1,
            is_default=True,
            attributes=(
                RequestedAttribute(name="urn:oid:2.5.4.4", friendly_name="sn", required=True),
                RequestedAttribute(name="urn:oid:1.2", values=("medecin",)),
            ),
        ),
    )


def test_entity_categories_and_the_requested_subject_identifier_are_read():
    said = read(
        extensions="<md:Extensions><mdattr:EntityAttributes>"
        '<saml:Attribute Name="http://macedir.org/entity-category">'
        "<saml:AttributeValue>https://refeds.org/category/personalized</saml:AttributeValue></saml:Attribute>"
        '<saml:Attribute Name="urn:oasis:names:tc:SAML:profiles:subject-id:req">'
        "<saml:AttributeValue>pairwise-id</saml:AttributeValue></saml:Attribute>"
        "</mdattr:EntityAttributes></md:Extensions>"
    )

    assert said.entity_categories == ("https://refeds.org/category/personalized",)
    assert said.subject_identifier_requirement is SubjectIdentifierRequirement.PAIRWISE_ID


def test_the_name_of_the_organization_is_used_without_mdui():
    said = read(
        names="",
        organization="<md:Organization><md:OrganizationName xml:lang='fr'>messagerie</md:OrganizationName>"
        "<md:OrganizationDisplayName xml:lang='fr'>La messagerie</md:OrganizationDisplayName>"
        "<md:OrganizationURL xml:lang='fr'>https://messagerie.example/</md:OrganizationURL></md:Organization>",
    )

    assert said.display_names == (("fr", "La messagerie"),)
    assert said.information_urls == (("fr", "https://messagerie.example/"),)


def test_endpoints_of_other_protocols_are_ignored():
    """What Shibboleth lists by default."""
    said = read(
        endpoints=[
            an_endpoint(),
            an_endpoint(binding="urn:oasis:names:tc:SAML:1.0:profiles:browser-post", index=1),
            an_endpoint(binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST-SimpleSign", index=2),
            an_endpoint(binding=Binding.ARTIFACT, index=3),
            an_endpoint(binding=Binding.PAOS, index=4),
        ]
    )

    bindings = [each.binding for each in said.assertion_consumer_services]
    assert bindings == [Binding.POST, Binding.ARTIFACT, Binding.PAOS]


@pytest.mark.parametrize(
    ("first", "second", "default"),
    [
        ("", "", CONSUMER),
        ("", 'isDefault="true"', OTHER_CONSUMER),
        ('isDefault="false"', "", OTHER_CONSUMER),
        ('isDefault="false"', 'isDefault="false"', CONSUMER),
        ('isDefault="true"', 'isDefault="true"', CONSUMER),
    ],
)
def test_the_default_endpoint_follows_is_default(first, second, default):
    """Metadata section 2.2.3. Library traps 2d-8: pysaml2 takes the first, whatever isDefault says."""
    said = read(endpoints=[an_endpoint(more=first), an_endpoint(OTHER_CONSUMER, index=1, more=second)])

    assert said.assertion_consumer_service().location == default


def test_an_endpoint_is_found_by_its_exact_address_or_index():
    said = read(
        endpoints=[
            an_endpoint(),
            an_endpoint(OTHER_CONSUMER, index=1),
            an_endpoint(f"{CONSUMER}/ecp", binding=Binding.PAOS, index=2),
        ]
    )

    assert said.assertion_consumer_service(index=1).location == OTHER_CONSUMER
    assert said.assertion_consumer_service(location=OTHER_CONSUMER).index == 1
    assert said.assertion_consumer_service(binding=Binding.PAOS).index == 2
    assert said.assertion_consumer_service(index=2) is None  # a browser brings nothing by PAOS
    for unknown in ({"index": 9}, {"location": f"{CONSUMER}/"}, {"location": CONSUMER, "binding": Binding.ARTIFACT}):
        assert said.assertion_consumer_service(**unknown) is None


@pytest.mark.parametrize("written", ["https://Messagerie.Example/saml/acs", "https://sp_test.hopital.example/acs"])
def test_a_host_with_capitals_or_underscores_is_accepted(written):
    """Windows writes the machine's name, with its capitals and `_`: its administrator cannot write another."""
    said = read(endpoints=[an_endpoint(written)])

    assert said.assertion_consumer_services[0].location == written
    for asked in (written, written.lower(), written.replace("https://s", "https://S")):
        assert said.assertion_consumer_service(location=asked).location == asked, "the answer goes where it is awaited"
    for other in (written.upper(), written.replace("/acs", "/ACS"), f"{written}/", written.replace("s://", "s://x@")):
        assert said.assertion_consumer_service(location=other) is None


@pytest.mark.parametrize(
    ("said", "field", "change"),
    [
        ({"entity_id": ""}, "entityID", "must be a URI"),
        ({"entity_id": "messagerie"}, "entityID", "must be a URI"),
        ({"entity_id": "https://messagerie.example/" + "a" * 1000}, "entityID", "at most 1024"),
        ({"expected": "https://other.example"}, "entityID", "must be https://other.example"),
        ({"attributes": 'validUntil="2020-01-01T00:00:00Z"'}, "validUntil", "has passed"),
        ({"attributes": 'validUntil="tomorrow"'}, "EntityDescriptor, validUntil", "must be an instant"),
        ({"attributes": 'validUntil="0001-01-01T00:00:00+14:00"'},
         "EntityDescriptor, validUntil", "must be an instant"),
        ({"attributes": 'cacheDuration="6 hours"'}, "EntityDescriptor, cacheDuration", "must be a duration"),
        ({"role": 'protocolSupportEnumeration="urn:oasis:names:tc:SAML:1.1:protocol"'},
         "SPSSODescriptor", "exactly one whose"),
        ({"endpoints": []}, "AssertionConsumerService", "at least one with the HTTP-POST or HTTP-Artifact binding"),
        ({"endpoints": [an_endpoint(binding=Binding.PAOS)]}, "AssertionConsumerService", "at least one"),
        ({"endpoints": [an_endpoint(binding=Binding.REDIRECT)]}, "AssertionConsumerService", "at least one"),
        ({"endpoints": [an_endpoint(), an_endpoint("http://messagerie.example/", index=1)]},
         "AssertionConsumerService 2, Location", "must start with https://"),
        ({"endpoints": [an_endpoint("http://127.0.0.1:8413/acs")]},
         "AssertionConsumerService 1, Location", "for development only"),
        ({"endpoints": [an_endpoint(), an_endpoint(OTHER_CONSUMER)]},
         "AssertionConsumerService 2, index", "AssertionConsumerService 1 has it too"),
        ({"endpoints": [an_endpoint(index="first")]}, "AssertionConsumerService 1, index", "from 0 to 65535"),
        ({"endpoints": [an_endpoint(more='isDefault="yes"')]},
         "AssertionConsumerService 1, isDefault", "true or false"),
        ({"keys": [a_key(), a_key("bm90IGEgY2VydGlmaWNhdGU=")]},
         "KeyDescriptor 2, X509Certificate 1", "cannot be read"),
        ({"keys": [a_key("%%%")]}, "KeyDescriptor 1, X509Certificate 1", "cannot be read"),
        ({"keys": [a_key("")]}, "KeyDescriptor 1, X509Certificate 1", "must be the base64"),
        ({"keys": [a_key(a_certificate(bits=1024))]}, "KeyDescriptor 1, X509Certificate 1", "2048 to 8192 bits"),
        ({"keys": [a_key(a_certificate(curve=ec.SECP192R1()))]},
         "KeyDescriptor 1, X509Certificate 1", "must be one of"),
        ({"keys": [a_key(use="encryption", certificate=a_certificate(curve=ec.SECP256R1()))]},
         "KeyDescriptor 1, X509Certificate 1", "must be an RSA key"),
        ({"keys": ["<md:KeyDescriptor><ds:KeyInfo><ds:KeyName>k</ds:KeyName></ds:KeyInfo></md:KeyDescriptor>"]},
         "KeyDescriptor 1", "must contain an X509Certificate"),
        ({"keys": [a_key(a_certificate(curve=ec.SECP256R1(), number=number)) for number in range(1, 10)]},
         "KeyDescriptor", "at most 8 signing keys"),
        ({"keys": [a_key(use="both")]}, "KeyDescriptor 1, use", "must be signing or encryption"),
        ({"keys": [], "role": 'protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol"'
          ' AuthnRequestsSigned="true"'}, "KeyDescriptor", "AuthnRequestsSigned"),
    ],
)  # fmt: skip
def test_an_invalid_element_is_refused_and_its_place_named(said, field, change):
    assert change in problems_of(**said)[field].change


SOAP_LOGOUT = {"binding": Binding.SOAP, "name": "SingleLogoutService"}


@pytest.mark.parametrize(
    ("endpoint", "loopback_http", "change"),
    [
        (an_endpoint("https://127.0.0.1/slo", **SOAP_LOGOUT), False, "never called"),
        (an_endpoint("https://localhost/slo", **SOAP_LOGOUT), False, "never called"),
        (an_endpoint("https://169.254.169.254/slo", **SOAP_LOGOUT), True, "never called"),
        (an_endpoint("https://[2001:db8::7]/acs", index=1), False, "browsers block"),
        (an_endpoint("https://[2001:db8::7]/slo", name="SingleLogoutService"), False, "browsers block"),
    ],
)
def test_an_unreachable_endpoint_is_refused(endpoint, loopback_http, change):
    """We do not call it, or no browser posts there: everyone would be told that they left, or arrive nowhere."""
    metadata = a_service_provider_metadata(endpoints=[an_endpoint(), endpoint])
    with pytest.raises(RegistrationProblems, match=change):
        read_service_provider(metadata, loopback_http=loopback_http)


def test_an_endpoint_that_is_reached_by_another_binding_is_accepted():
    """A redirect goes by no form, and our calls go to IPv6 addresses as to others."""
    endpoints = [
        an_endpoint(),
        an_endpoint("https://[2001:db8::7]/acs", binding=Binding.ARTIFACT, index=1),
        an_endpoint("https://[2001:db8::7]/slo", binding=Binding.REDIRECT, name="SingleLogoutService"),
        an_endpoint("https://[2001:db8::7]/slo", **SOAP_LOGOUT),
    ]
    assert read_service_provider(a_service_provider_metadata(endpoints=endpoints), loopback_http=False)


def test_all_faults_are_reported_together():
    problems = problems_of(
        entity_id="messagerie",
        keys=[a_key("%%%")],
        endpoints=[an_endpoint("javascript:alert(1)"), an_endpoint("https://*.example/acs", index=0)],
    )

    assert list(problems) == [
        "entityID",
        "KeyDescriptor 1, X509Certificate 1",
        "AssertionConsumerService 1, Location",
        "AssertionConsumerService 2, index",
        "AssertionConsumerService 2, Location",
    ]


def test_http_to_this_machine_is_for_development():
    endpoints = [an_endpoint("http://127.0.0.1:8413/acs")]

    assert read(endpoints=endpoints, loopback_http=True).assertion_consumer_service().index == 0


def test_an_instant_without_a_time_zone_is_in_utc():
    """Core section 1.3.3."""
    with time_machine.travel(NOON):
        assert read(attributes='validUntil="2026-11-22T12:00:01"').valid_until == NOON + timedelta(seconds=1)


def test_a_certificate_that_has_ended_still_carries_its_key():
    """Metadata Interoperability Profile section 2.6.1: only the key counts."""
    with time_machine.travel(NOON + timedelta(days=5000)):
        assert read().signing_certificates


def test_metadata_of_several_entities_are_refused():
    several = (
        b'<md:EntitiesDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata">'
        + a_service_provider_metadata()
        + b"</md:EntitiesDescriptor>"
    )
    with pytest.raises(RegistrationProblems, match="add its address as a source"):
        read_service_provider(several, loopback_http=False)


def test_metadata_that_end_tomorrow_are_valid_today():
    assert read(attributes=f'validUntil="{days_from_now(1)}"').valid_until
