"""Metadata of an attacker."""

from lxml import etree

from tests.builders.metadata import DS, a_signed_entity

ACS = "https://messagerie.example/saml/acs"
EVIL_ACS = "https://attacker.example/saml/acs"

SIGNATURE = f"{{{DS}}}Signature"


def root_of(document):
    return etree.fromstring(document)


def stripped():
    root = root_of(a_signed_entity(acs=[EVIL_ACS]))
    root.remove(root.find(SIGNATURE))
    return etree.tostring(root)


def locations(sp_metadata, name="messagerie"):
    found = sp_metadata.registry.by_identifier(name)
    return [endpoint.location for endpoint in found.saml_sp.service_provider.assertion_consumer_services]
