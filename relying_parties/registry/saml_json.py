"""Writes and reads the SAML terms and metadata of an application as JSON, for the registry's rows.

Default values of metadata are left out, so that ten thousand service providers
stay small. The metadata document itself is stored in another column.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

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

Json = dict[str, Any]


def service_provider_as_json(service_provider: ServiceProvider) -> Json:
    """The metadata as JSON, without `valid_until`, which has a column of its own because it changes most often."""
    said = service_provider
    return _without_defaults(
        entity_id=said.entity_id,
        assertion_consumer_services=list(map(_endpoint, said.assertion_consumer_services)),
        cache_duration=said.cache_duration.total_seconds() if said.cache_duration is not None else None,
        single_logout_services=list(map(_endpoint, said.single_logout_services)),
        artifact_resolution_services=list(map(_endpoint, said.artifact_resolution_services)),
        signing_certificates=list(said.signing_certificates),
        encryption_keys=[_encryption_key(key) for key in said.encryption_keys],
        name_id_formats=list(said.name_id_formats),
        authn_requests_signed=said.authn_requests_signed or None,
        want_assertions_signed=said.want_assertions_signed or None,
        attribute_consuming_services=[_consuming(each) for each in said.attribute_consuming_services],
        entity_categories=list(said.entity_categories),
        subject_identifier_requirement=str(said.subject_identifier_requirement),
        display_names=[list(each) for each in said.display_names],
        information_urls=[list(each) for each in said.information_urls],
    )


def service_provider_of_json(kept: Mapping[str, Any], *, valid_until: datetime | None = None) -> ServiceProvider:
    """The service provider that `service_provider_as_json` wrote, with its `valid_until`."""
    cache_duration = kept.get("cache_duration")
    return ServiceProvider(
        entity_id=kept["entity_id"],
        assertion_consumer_services=_endpoints(kept, "assertion_consumer_services"),
        valid_until=valid_until,
        cache_duration=timedelta(seconds=cache_duration) if cache_duration is not None else None,
        single_logout_services=_endpoints(kept, "single_logout_services"),
        artifact_resolution_services=_endpoints(kept, "artifact_resolution_services"),
        signing_certificates=tuple(kept.get("signing_certificates", ())),
        encryption_keys=tuple(
            EncryptionKey(
                certificate=key["certificate"],
                methods=tuple(EncryptionMethod(**method) for method in key.get("methods", ())),
            )
            for key in kept.get("encryption_keys", ())
        ),
        name_id_formats=tuple(kept.get("name_id_formats", ())),
        authn_requests_signed=kept.get("authn_requests_signed", False),
        want_assertions_signed=kept.get("want_assertions_signed", False),
        attribute_consuming_services=tuple(
            AttributeConsumingService(
                index=each["index"],
                is_default=each.get("is_default"),
                attributes=tuple(
                    RequestedAttribute(**(attribute | {"values": tuple(attribute.get("values", ()))}))
                    for attribute in each.get("attributes", ())
                ),
            )
            for each in kept.get("attribute_consuming_services", ())
        ),
        entity_categories=tuple(kept.get("entity_categories", ())),
        subject_identifier_requirement=SubjectIdentifierRequirement(kept["subject_identifier_requirement"]),
        display_names=_by_language(kept, "display_names"),
        information_urls=_by_language(kept, "information_urls"),
    )


def terms_as_json(terms: SamlServiceProvider) -> Json:
    """The terms as JSON, without the service provider's metadata."""
    return {
        "metadata": {"kind": terms.metadata.kind, "where": terms.metadata.where}
        | ({"certificate": terms.metadata.certificate} if terms.metadata.certificate else {}),
        "name_id": terms.name_id,
        "signed_parts": terms.signed_parts,
        "signature_algorithm": terms.signature_algorithm,
        "encryption": terms.encryption,
        "encrypt_name_id": terms.encrypt_name_id,
        "requests_signed": terms.requests_signed,
        "idp_initiated": terms.idp_initiated,
        "ecp": terms.ecp,
        "weak_algorithms": list(terms.weak_algorithms),
        "automatic_key_update": terms.automatic_key_update,
        "form_action_origins": list(terms.form_action_origins),
    }


def terms_of_json(kept: Mapping[str, Any], service_provider: ServiceProvider) -> SamlServiceProvider:
    """The terms that `terms_as_json` wrote."""
    origin = kept["metadata"]
    return SamlServiceProvider(
        service_provider=service_provider,
        metadata=MetadataOrigin(
            kind=MetadataKind(origin["kind"]), where=origin["where"], certificate=origin.get("certificate", "")
        ),
        name_id=NameIdKind(kept["name_id"]),
        signed_parts=SignedParts(kept["signed_parts"]),
        signature_algorithm=SignatureAlgorithm(kept["signature_algorithm"]),
        encryption=Encryption(kept["encryption"]),
        encrypt_name_id=kept["encrypt_name_id"],
        requests_signed=kept["requests_signed"],
        idp_initiated=kept["idp_initiated"],
        ecp=kept["ecp"],
        weak_algorithms=tuple(map(WeakAlgorithm, kept["weak_algorithms"])),
        automatic_key_update=kept["automatic_key_update"],
        form_action_origins=tuple(kept["form_action_origins"]),
    )


def _without_defaults(**members: Any) -> Json:
    return {name: value for name, value in members.items() if value is not None and value != []}


def _endpoint(endpoint: Endpoint) -> Json:
    return _without_defaults(
        binding=str(endpoint.binding),
        location=endpoint.location,
        response_location=endpoint.response_location,
        index=endpoint.index,
        is_default=endpoint.is_default,
    )


def _endpoints(kept: Mapping[str, Any], name: str) -> tuple[Endpoint, ...]:
    return tuple(Endpoint(**(each | {"binding": Binding(each["binding"])})) for each in kept.get(name, ()))


def _encryption_key(key: EncryptionKey) -> Json:
    methods = [
        _without_defaults(algorithm=each.algorithm, digest=each.digest, mgf=each.mgf, key_size=each.key_size)
        for each in key.methods
    ]
    return _without_defaults(certificate=key.certificate, methods=methods)


def _consuming(service: AttributeConsumingService) -> Json:
    attributes = [
        _without_defaults(
            name=each.name,
            name_format=each.name_format,
            friendly_name=each.friendly_name,
            required=each.required or None,
            values=list(each.values),
        )
        for each in service.attributes
    ]
    return _without_defaults(index=service.index, is_default=service.is_default, attributes=attributes)


def _by_language(kept: Mapping[str, Any], name: str) -> tuple[tuple[str, str], ...]:
    return tuple((language, said) for language, said in kept.get(name, ()))
