"""Registers an application directly from its SAML metadata, without a registration file.

The display names and the home page come from the metadata. The other fields have
their defaults, or the values given as command options.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from config.actor import Actor
from relying_parties.addresses import origin_of
from relying_parties.field_reader import Document
from relying_parties.policy import Capabilities
from relying_parties.problems import Problem, RegistrationProblems, shown
from relying_parties.registration.registration import Registration, registration_of
from relying_parties.registration.saml_rules import saml_terms_of
from relying_parties.registration.saml_sp import MetadataKind, MetadataOrigin
from relying_parties.registration.sibling_files import is_file_name
from relying_parties.registry.registry import Declared, Outcome
from relying_parties.registry.service import RegistrationService
from relying_parties.sp_metadata.parser import read_service_provider
from relying_parties.sp_metadata.service_provider import ServiceProvider

_PLACES = {
    "name": "--name",
    "lowest_assurance": "--lowest-assurance",
    "entry": "--entry",
    "attributes": "--attribute",
}


def is_metadata(received: bytes) -> bool:
    """Whether `received` is XML: a TOML file cannot begin with `<`."""
    return received.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<")


def register_metadata(
    service: RegistrationService, xml: bytes, *, file_name: str, options: Mapping[str, Any], actor: Actor
) -> Declared:
    """Register the service provider that `xml` describes, or replace the metadata of one that is registered.

    Raises:
        AlreadyRegistered
        RegistrationProblems: with every problem.
    """
    known = service.registry.by_name(str(options.get("name", "")))
    if known is None:
        registration = read_metadata_registration(xml, service.capabilities, file_name=file_name, options=options)
        registered, _ = service.registry.register(registration, actor=actor)
        return Declared(outcome=Outcome.REGISTERED, application=registered)
    others = [field for field in options if field != "name"]
    if known.saml is None or known.saml.metadata.kind is not MetadataKind.FILE or others:
        change = f"{known.name} is registered: change it by a registration file (`idp application show {known.name}`)"
        place = _PLACES[others[0] if others else "name"]
        raise RegistrationProblems([Problem(field=place, received=shown(known.name), change=change)])
    entity_id, loopback_http = known.saml.entity_id, service.capabilities.loopback_http
    service_provider = read_service_provider(xml, entity_id=entity_id, loopback_http=loopback_http)
    amended, changed = service.registry.amend_metadata(known.identifier, service_provider, xml, actor=actor)
    outcome = Outcome.AMENDED if changed else Outcome.UNCHANGED
    return Declared(outcome=outcome, application=amended, changed=("service_provider",) if changed else ())


def read_metadata_registration(
    xml: bytes, capabilities: Capabilities, *, file_name: str, options: Mapping[str, Any]
) -> Registration:
    """The registration of the service provider that `xml` describes; `options` are fields of a registration file.

    Raises:
        RegistrationProblems: with every problem.
    """
    service_provider = read_service_provider(xml, loopback_http=capabilities.loopback_http)
    values = {**_described_fields(service_provider, str(options.get("name", ""))), **options}
    document = Document(values=values, places=_PLACES, uses_oidc=False)
    if not is_file_name(file_name, ("xml",)):
        file_name = f"{options.get('name', 'metadata')}.xml"  # a name that the equivalent registration file may have
    origin = MetadataOrigin(kind=MetadataKind.FILE, where=file_name)
    saml = saml_terms_of(document, capabilities, service_provider, origin)
    return replace(registration_of(document, capabilities, logo=None, saml=saml), metadata_xml=xml)


def _described_fields(service_provider: ServiceProvider, name: str) -> dict[str, object]:
    names = dict(service_provider.display_names)
    first = next(iter(names.values()), name)
    return {
        "identifier": name,
        "display_name.fr": names.get("fr") or names.get("en") or first,
        "display_name.en": names.get("en") or names.get("fr") or first,
        "home_url": _home_url(service_provider),
    }


def _home_url(service_provider: ServiceProvider) -> str:
    """The information page of the metadata, if it is at the application's own origin; else the root of its origin."""
    own = {origin_of(endpoint.location) for endpoint in service_provider.endpoints}
    pages = dict(service_provider.information_urls)
    for page in (pages.get("fr"), pages.get("en"), *pages.values()):
        if page is not None and _origin(page) in own:
            return page
    consumer = service_provider.assertion_consumer_service()
    return f"{origin_of(consumer.location)}/" if consumer else ""


def _origin(page: str) -> str | None:
    try:
        return origin_of(page)
    except ValueError:
        return None
