"""An application registered straight from its SAML metadata, without a declared file.

Its names and its home page are what the metadata say for people, its identifier
is its name; everything that is ours to decide has its usual value, or the one
that was asked for.
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
from relying_parties.registration.sibling_files import names_a_file
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
    """Whether it is XML rather than a declared file: TOML never begins so."""
    return received.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<")


def register_described(
    office: RegistrationService, xml: bytes, *, file_name: str, asked: Mapping[str, Any], actor: Actor
) -> Declared:
    """Register who `xml` describes; of one registered already, take the metadata and leave what was decided.

    Raises:
        AlreadyRegistered
        RegistrationProblems: everything that is wrong, at once.
    """
    known = office.registry.by_name(str(asked.get("name", "")))
    if known is None:
        registration = read_self_described(xml, office.capabilities, file_name=file_name, asked=asked)
        registered, _ = office.registry.register(registration, actor=actor)
        return Declared(outcome=Outcome.REGISTERED, application=registered)
    decided = [field for field in asked if field != "name"]
    if known.saml is None or known.saml.metadata.kind is not MetadataKind.FILE or decided:
        change = f"{known.name} is registered: change it by a declared file (`idp application show {known.name}`)"
        place = _PLACES[decided[0] if decided else "name"]
        raise RegistrationProblems([Problem(field=place, received=shown(known.name), change=change)])
    entity_id, loopback_http = known.saml.entity_id, office.capabilities.loopback_http
    said = read_service_provider(xml, entity_id=entity_id, loopback_http=loopback_http)
    amended, changed = office.registry.amend_metadata(known.identifier, said, xml, actor=actor)
    outcome = Outcome.AMENDED if changed else Outcome.UNCHANGED
    return Declared(outcome=outcome, application=amended, changed=("service_provider",) if changed else ())


def read_self_described(
    xml: bytes, capabilities: Capabilities, *, file_name: str, asked: Mapping[str, Any]
) -> Registration:
    """The registration of the service provider that `xml` describes; `asked` are fields of a declared file.

    Raises:
        RegistrationProblems: everything that is wrong, at once.
    """
    service_provider = read_service_provider(xml, loopback_http=capabilities.loopback_http)
    values = {**_described(service_provider, str(asked.get("name", ""))), **asked}
    document = Document(values=values, places=_PLACES, speaks_oidc=False)
    if not names_a_file(file_name, ("xml",)):
        file_name = f"{asked.get('name', 'metadata')}.xml"  # so that the declared file it equals can be read
    origin = MetadataOrigin(kind=MetadataKind.FILE, where=file_name)
    saml = saml_terms_of(document, capabilities, service_provider, origin)
    return replace(registration_of(document, capabilities, logo=None, saml=saml), metadata_xml=xml)


def _described(service_provider: ServiceProvider, name: str) -> dict[str, object]:
    names = dict(service_provider.display_names)
    first = next(iter(names.values()), name)
    return {
        "identifier": name,
        "display_name.fr": names.get("fr") or names.get("en") or first,
        "display_name.en": names.get("en") or names.get("fr") or first,
        "home_url": _home_url(service_provider),
    }


def _home_url(service_provider: ServiceProvider) -> str:
    """The page it tells people of, when that is its own; else the root of where it receives our answers."""
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
