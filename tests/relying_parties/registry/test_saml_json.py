"""What the registry keeps of SAML reads back the same (relying_parties/registry/saml_json.py)."""

import json
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from relying_parties.registration.saml_sp import (
    Encryption,
    MetadataKind,
    MetadataOrigin,
    NameIdKind,
    SamlServiceProvider,
    SignatureAlgorithm,
    SignedParts,
    WeakAlgorithm,
)
from relying_parties.registry.saml_json import (
    service_provider_as_json,
    service_provider_of_json,
    terms_as_json,
    terms_of_json,
)
from relying_parties.sp_metadata.service_provider import (
    AttributeConsumingService,
    Binding,
    EncryptionKey,
    EncryptionMethod,
    Endpoint,
    RequestedAttribute,
    ServiceProvider,
    SubjectIdentifierRequirement,
)
from tests.builders.saml import a_service_provider

texts = st.text(max_size=12)
maybe = st.none() | texts
numbers = st.integers(0, 65_535)


def several(of):
    return st.lists(of, max_size=3).map(tuple)


endpoints = st.builds(
    Endpoint,
    binding=st.sampled_from(Binding),
    location=texts,
    response_location=maybe,
    index=st.none() | numbers,
    is_default=st.none() | st.booleans(),
)
methods = st.builds(
    EncryptionMethod, algorithm=texts, digest=maybe, mgf=maybe, key_size=st.none() | st.integers(0, 99_999)
)
attributes = st.builds(
    RequestedAttribute,
    name=texts,
    name_format=maybe,
    friendly_name=maybe,
    required=st.booleans(),
    values=several(texts),
)
by_language = several(st.tuples(texts, texts))
service_providers = st.builds(
    ServiceProvider,
    entity_id=texts,
    assertion_consumer_services=several(endpoints),
    valid_until=st.none(),  # it has a column of its own
    cache_duration=st.none() | st.integers(0, 10**9).map(lambda seconds: timedelta(seconds=seconds)),
    single_logout_services=several(endpoints),
    artifact_resolution_services=several(endpoints),
    signing_certificates=several(texts),
    encryption_keys=several(st.builds(EncryptionKey, certificate=texts, methods=several(methods))),
    name_id_formats=several(texts),
    authn_requests_signed=st.booleans(),
    want_assertions_signed=st.booleans(),
    attribute_consuming_services=several(
        st.builds(
            AttributeConsumingService,
            index=numbers,
            is_default=st.none() | st.booleans(),
            attributes=several(attributes),
        )
    ),
    entity_categories=several(texts),
    subject_identifier_requirement=st.sampled_from(SubjectIdentifierRequirement),
    display_names=by_language,
    information_urls=by_language,
)
saml_terms = st.builds(
    SamlServiceProvider,
    service_provider=st.just(a_service_provider()),
    metadata=st.builds(MetadataOrigin, kind=st.sampled_from(MetadataKind), where=texts, certificate=texts),
    name_id=st.sampled_from(NameIdKind),
    signed_parts=st.sampled_from(SignedParts),
    signature_algorithm=st.sampled_from(SignatureAlgorithm),
    encryption=st.sampled_from(Encryption),
    encrypt_name_id=st.booleans(),
    requests_signed=st.booleans(),
    idp_initiated=st.booleans(),
    ecp=st.booleans(),
    weak_algorithms=several(st.sampled_from(WeakAlgorithm)),
    automatic_key_update=st.booleans(),
    form_action_origins=several(texts),
)


@given(service_providers)
def test_a_service_provider_reads_back_the_same(service_provider):
    kept = json.dumps(service_provider_as_json(service_provider))

    assert service_provider_of_json(json.loads(kept)) == service_provider


@given(saml_terms)
def test_terms_read_back_the_same(terms):
    kept = json.dumps(terms_as_json(terms))

    assert terms_of_json(json.loads(kept), terms.service_provider) == terms


def test_default_values_are_not_stored():
    kept = service_provider_as_json(a_service_provider())

    assert set(kept) == {
        "entity_id",
        "assertion_consumer_services",
        "signing_certificates",
        "subject_identifier_requirement",
    }
