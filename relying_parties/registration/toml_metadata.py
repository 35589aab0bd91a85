"""Reads the service provider's metadata that a registration file refers to, in one of three ways.

[saml]
metadata_file = "messagerie.xml"                        # in the folder of this file

[saml]
metadata_url = "https://messagerie.example/metadata"
metadata_certificate = "messagerie.pem"                 # verifies the signature; in the folder of this file

[saml]
metadata_source = "renater"                             # added by `idp metadata source`
entity_id = "https://messagerie.example/metadata"
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from config.text_files import text_of
from relying_parties.addresses import called_address_fault
from relying_parties.field_reader import Document
from relying_parties.policy import Capabilities
from relying_parties.problems import RegistrationProblems
from relying_parties.registration.registration import is_name
from relying_parties.registration.saml_sp import MetadataKind, MetadataOrigin
from relying_parties.registration.sibling_files import read_sibling
from relying_parties.registration.verified_metadata import MetadataFetcher
from relying_parties.sp_metadata.parser import LARGEST_METADATA, read_service_provider
from relying_parties.sp_metadata.service_provider import ServiceProvider, could_be_entity_id

_LARGEST_CERTIFICATE = 16_384
_WHERE = ("metadata_file", "metadata_url", "metadata_source")


def read_metadata(
    document: Document, capabilities: Capabilities, *, folder: Path | None, fetcher: MetadataFetcher | None
) -> tuple[ServiceProvider, MetadataOrigin, bytes] | None:
    """The service provider, the origin of its metadata, and the document as received; None when it is refused."""
    origin = _origin(document, capabilities, folder)
    entity_id = _entity_id(document)
    if origin is None:
        return None
    try:
        if origin.kind is MetadataKind.FILE:
            return _of_file(document, capabilities, origin, entity_id, folder)
        return _fetched(document, origin, entity_id, fetcher)
    except RegistrationProblems as wrong:
        document.problems += [replace(each, field=f"{origin.where}, {each.field}") for each in wrong.problems]
        return None


def origin_as_fields(origin: MetadataOrigin, entity_id: str, *, certificate_file: str) -> Mapping[str, str]:
    """This origin as fields of a registration file."""
    match origin.kind:
        case MetadataKind.FILE:
            return {"metadata_file": origin.where}
        case MetadataKind.URL:
            return {"metadata_url": origin.where, "metadata_certificate": certificate_file, "entity_id": entity_id}
        case MetadataKind.SOURCE:
            return {"metadata_source": origin.where, "entity_id": entity_id}


def _origin(document: Document, capabilities: Capabilities, folder: Path | None) -> MetadataOrigin | None:
    named = [name for name in _WHERE if document.values.get(name) is not None]
    if not named:
        document.refuse("metadata_file", None, "must be given, or metadata_url, or metadata_source")
        return None
    if len(named) > 1:
        document.refuse(named[0], document.values[named[0]], f"take it out, or {named[1]}: only one may be given")
        return None
    where = document.text(named[0])
    if named[0] == "metadata_url":
        return _at_address(document, capabilities, where, folder)
    if document.values.get("metadata_certificate") is not None:
        document.refuse("metadata_certificate", None, "take it out: it verifies metadata at metadata_url only")
    if where is None:
        return None
    if named[0] == "metadata_file":
        return MetadataOrigin(kind=MetadataKind.FILE, where=where)
    if not is_name(where):
        document.refuse("metadata_source", where, "must be the name of a source, such as renater")
        return None
    if document.values.get("entity_id") is None:
        document.missing("entity_id", "the entity id of the service provider in the source")
        return None
    return MetadataOrigin(kind=MetadataKind.SOURCE, where=where)


def _at_address(
    document: Document, capabilities: Capabilities, where: str | None, folder: Path | None
) -> MetadataOrigin | None:
    certificate = _certificate(document, folder)
    loopback = capabilities.loopback_http
    if where is not None and (fault := called_address_fault(where, loopback_http=loopback, of_metadata=True)):
        document.refuse("metadata_url", where, fault)
        return None
    if where is None or certificate is None:
        return None
    return MetadataOrigin(kind=MetadataKind.URL, where=where, certificate=certificate)


def _certificate(document: Document, folder: Path | None) -> str | None:
    """The certificate that verifies fetched metadata, as PEM: its signature is the only proof of its origin."""
    name = document.text("metadata_certificate", longest=100)
    if name is None:
        if document.values.get("metadata_certificate") is None:
            document.missing("metadata_certificate", "the .pem file of the certificate that verifies the metadata")
        return None
    content = read_sibling(
        document, "metadata_certificate", name, folder, types=("pem", "crt"), at_most=_LARGEST_CERTIFICATE
    )
    if content is None:
        return None
    try:
        certificate = x509.load_pem_x509_certificate(text_of(content[: _LARGEST_CERTIFICATE + 1]).encode())
    except ValueError:
        document.refuse("metadata_certificate", name, "must contain one certificate in PEM")
        return None
    return certificate.public_bytes(Encoding.PEM).decode()


def _entity_id(document: Document) -> str | None:
    entity_id = document.text("entity_id", longest=1024)
    if entity_id is not None and not could_be_entity_id(entity_id):
        document.refuse("entity_id", entity_id, "must be a URI")
        return None
    return entity_id


def _of_file(
    document: Document, capabilities: Capabilities, origin: MetadataOrigin, entity_id: str | None, folder: Path | None
) -> tuple[ServiceProvider, MetadataOrigin, bytes] | None:
    xml = read_sibling(document, "metadata_file", origin.where, folder, types=("xml",), at_most=LARGEST_METADATA)
    if xml is None:
        return None
    service_provider = read_service_provider(xml, entity_id=entity_id, loopback_http=capabilities.loopback_http)
    return service_provider, origin, xml


def _fetched(
    document: Document, origin: MetadataOrigin, entity_id: str | None, fetcher: MetadataFetcher | None
) -> tuple[ServiceProvider, MetadataOrigin, bytes] | None:
    if fetcher is None:
        document.refuse(f"metadata_{origin.kind}", origin.where, "cannot be fetched here: give metadata_file")
        return None
    verified = fetcher.fetch(origin, entity_id)
    return replace(verified.service_provider, valid_until=verified.valid_until), origin, verified.xml
