"""An application that speaks SAML: its table in a declared file, and the rules over its metadata."""

import tomllib
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509

from relying_parties.problems import RegistrationProblems
from relying_parties.registration.saml_sp import (
    Encryption,
    MetadataKind,
    MetadataOrigin,
    NameIdKind,
    SignatureAlgorithm,
    SignedParts,
    WeakAlgorithm,
)
from relying_parties.registration.toml_registration import as_toml, read_toml
from relying_parties.registration.verified_metadata import VerifiedMetadata
from relying_parties.sp_metadata.parser import read_service_provider
from relying_parties.sp_metadata.service_provider import Binding
from tests.builders.descriptors import PROTOCOL, a_key, a_service_provider_metadata, an_endpoint, encryption_methods
from tests.builders.registry import AN_SVG, some_capabilities
from tests.builders.saml import ENTITY_ID, key_pair

MESSAGERIE = """
name = "messagerie"
home_url = "https://messagerie.example/"
lowest_assurance = "password"

[display_name]
fr = "Messagerie sécurisée"

[saml]
"""
OF_FILE = f'{MESSAGERIE}metadata_file = "messagerie.xml"\n'
AT_ADDRESS = f"""{MESSAGERIE}metadata_url = "https://messagerie.example/saml/metadata"
metadata_certificate = "messagerie.pem"
"""
OF_SOURCE = f"""{MESSAGERIE}metadata_source = "renater"
entity_id = "{ENTITY_ID}"
"""
UNTIL = datetime(2099, 1, 1, tzinfo=UTC)
CBC = "http://www.w3.org/2001/04/xmlenc#aes256-cbc"
RSA_1_5 = "http://www.w3.org/2001/04/xmlenc#rsa-1_5"
SIGNED = f'protocolSupportEnumeration="{PROTOCOL}" AuthnRequestsSigned="true"'


class Fetcher:
    """Finds the same metadata wherever it is asked to look."""

    def __init__(self):
        self.asked = []

    def fetch(self, origin, entity_id=None):
        self.asked.append((origin, entity_id))
        xml = a_service_provider_metadata()
        found = read_service_provider(xml, entity_id=entity_id, loopback_http=False)
        return VerifiedMetadata(xml=xml, service_provider=found, valid_until=None)


@pytest.fixture
def read(tmp_path: Path):
    def read(text=OF_FILE, *, fetcher=None, **said):
        (tmp_path / "messagerie.xml").write_bytes(a_service_provider_metadata(**said))
        return read_toml(text, some_capabilities(), folder=tmp_path, fetcher=fetcher)

    return read


@pytest.fixture
def problems_of(read):
    def problems_of(text=OF_FILE, **said):
        with pytest.raises(RegistrationProblems) as refused:
            read(text, **said)
        return {problem.field: problem for problem in refused.value.problems}

    return problems_of


@pytest.fixture
def certificate(tmp_path):
    der = key_pair("messagerie").certificate
    lines = "\n".join(der[at : at + 64] for at in range(0, len(der), 64))
    pem = f"-----BEGIN CERTIFICATE-----\n{lines}\n-----END CERTIFICATE-----\n"
    (tmp_path / "messagerie.pem").write_text(pem, encoding="ascii")
    return pem


def test_missing_fields_have_their_defaults(read):
    registration = read()

    assert registration.oidc is None
    assert registration.identifier is None
    assert registration.metadata_xml == a_service_provider_metadata()
    terms = registration.saml
    assert terms.entity_id == ENTITY_ID
    assert terms.metadata == MetadataOrigin(kind=MetadataKind.FILE, where="messagerie.xml")
    assert (terms.name_id, terms.signed_parts) == (NameIdKind.PERSISTENT, SignedParts.BOTH)
    assert terms.signature_algorithm is SignatureAlgorithm.RSA_SHA256
    assert terms.encryption is Encryption.WHEN_POSSIBLE
    assert terms.weak_algorithms == terms.form_action_origins == ()
    assert not any(
        (terms.encrypt_name_id, terms.requests_signed, terms.idp_initiated, terms.ecp, terms.automatic_key_update)
    )


def test_every_field_can_be_set(read):
    registration = read(
        OF_FILE
        + """
        name_id = "transient"
        signed_parts = "assertion"
        signature_algorithm = "ecdsa-sha256"
        encryption = "required"
        encrypt_name_id = true
        requests_signed = true
        idp_initiated = true
        ecp = true
        weak_algorithms = ["aes-cbc", "rsa-sha1"]
        automatic_key_update = true
        form_action_origins = ["https://portail.example"]
        """,
        endpoints=[an_endpoint(), an_endpoint(binding=Binding.PAOS, index=1)],
    )

    terms = registration.saml
    assert (terms.name_id, terms.signed_parts) == (NameIdKind.TRANSIENT, SignedParts.ASSERTION)
    assert terms.signature_algorithm is SignatureAlgorithm.ECDSA_SHA256
    assert terms.encryption is Encryption.REQUIRED
    assert terms.weak_algorithms == (WeakAlgorithm.RSA_SHA1, WeakAlgorithm.AES_CBC)
    assert terms.form_action_origins == ("https://portail.example",)
    assert all((terms.encrypt_name_id, terms.requests_signed, terms.idp_initiated, terms.ecp))


def test_an_application_may_use_both_protocols(read):
    both = read(
        OF_FILE
        + """
        [oidc]
        client_id = "messagerie"
        redirect_uris = ["https://messagerie.example/callback"]
        """
    )

    assert both.identifier == "messagerie"
    assert both.oidc is not None
    assert both.saml is not None


def test_an_application_that_uses_only_saml_may_name_its_identifier(read):
    assert read('identifier = "mss"\n' + OF_FILE).identifier == "mss"


def test_an_identifier_and_a_client_id_together_are_refused(problems_of):
    text = f'identifier = "a"\n{OF_FILE}\n[oidc]\nclient_id = "b"\nredirect_uris = ["https://messagerie.example/in"]'

    assert "take it out: oidc.client_id" in " ".join(problem.change for problem in problems_of(text).values())


@pytest.mark.parametrize("text", [OF_FILE, AT_ADDRESS, OF_SOURCE], ids=["file", "address", "source"])
def test_a_written_registration_reads_back_the_same(read, text, certificate):
    registration = read(text + 'weak_algorithms = ["rsa-sha1"]\nidp_initiated = true', fetcher=Fetcher())

    written = as_toml(registration)
    again = read(written, fetcher=Fetcher())

    assert again == registration
    assert "client_id" not in tomllib.loads(written)


def test_the_home_page_is_at_an_origin_of_the_service_provider(problems_of):
    elsewhere = OF_FILE.replace("https://messagerie.example/", "https://elsewhere.example/", 1)

    assert "endpoints' origins: https://messagerie.example" in problems_of(elsewhere)["home_url"].change


def test_problems_of_the_file_and_of_the_metadata_are_reported_together(problems_of):
    problems = problems_of(OF_FILE.replace('"password"', '"passwrod"'), endpoints=[an_endpoint("http://a.example/")])

    assert list(problems) == [
        "messagerie.xml, AssertionConsumerService 1, Location",
        "lowest_assurance",
    ]


@pytest.mark.parametrize(
    ("line", "said", "field", "change"),
    [
        ('encryption = "required"', {"keys": [a_key(use="signing")]}, "encryption", "has no encryption key"),
        ("encrypt_name_id = true", {"keys": [a_key(use="signing")]}, "encrypt_name_id", "needs an encryption key"),
        ('encrypt_name_id = true\nencryption = "never"', {}, "encrypt_name_id", "other than never"),
        ("requests_signed = false", {"role": SIGNED}, "requests_signed", "must be true, or left out"),
        ("requests_signed = true", {"keys": []}, "requests_signed", "no key to verify"),
        ('signed_parts = "response"', {"role": f'protocolSupportEnumeration="{PROTOCOL}" WantAssertionsSigned="true"'},
         "signed_parts", "wants the assertion signed"),
        ("ecp = true", {}, "ecp", "no AssertionConsumerService with the PAOS binding"),
        ("", {"keys": [a_key(more=encryption_methods(CBC))]}, "encryption", 'add "aes-cbc" to weak_algorithms'),
        ("", {"keys": [a_key(more=encryption_methods(RSA_1_5))]}, "encryption", "operator for RSA-OAEP"),
        ("", {"keys": [a_key(more=encryption_methods("urn:x"))]}, "encryption", "no cipher that we support"),
        ('weak_algorithms = ["md5"]', {}, "weak_algorithms", "must be one of rsa-sha1, sha1, aes-cbc"),
        ('signature_algorithm = "rsa-sha1"', {}, "signature_algorithm", "must be one of rsa-sha256"),
        ('form_action_origins = ["https://a.example/path"]', {}, "form_action_origins",
         "must be an origin only: https://a.example"),
        ('form_action_origins = ["javascript:alert(1)"]', {}, "form_action_origins", "must be an absolute address"),
        ('name_id = "unspecified"', {}, "name_id", "must be one of persistent, transient, email"),
        ('encryptoin = "never"', {}, "encryptoin", "did you mean encryption?"),
    ],
)  # fmt: skip
def test_terms_that_the_metadata_do_not_allow_are_refused(problems_of, line, said, field, change):
    assert change in problems_of(OF_FILE + line, **said)[f"saml.{field}"].change


def test_weak_algorithms_are_accepted_only_if_they_are_named(read):
    """A key whose metadata name only CBC is not used in clear instead."""
    only_cbc = {"keys": [a_key(more=encryption_methods(CBC))]}

    assert read(OF_FILE + 'weak_algorithms = ["aes-cbc"]', **only_cbc).saml.weak_algorithms == (WeakAlgorithm.AES_CBC,)
    assert read(OF_FILE + 'encryption = "never"', **only_cbc).saml.encryption is Encryption.NEVER


def test_signed_requests_are_required_if_the_metadata_announce_them(read):
    assert read(role=SIGNED).saml.requests_signed


def test_metadata_at_an_address_are_verified_by_a_certificate(read, certificate):
    fetcher = Fetcher()
    registration = read(AT_ADDRESS, fetcher=fetcher)

    [(origin, entity_id)] = fetcher.asked
    assert (origin.kind, origin.where) == (MetadataKind.URL, "https://messagerie.example/saml/metadata")
    assert x509.load_pem_x509_certificate(origin.certificate.encode()) == x509.load_pem_x509_certificate(
        certificate.encode()
    )
    assert entity_id is None
    assert registration.saml.metadata == origin


def test_metadata_of_a_source_are_requested_by_their_entity_id(read):
    fetcher = Fetcher()
    read(OF_SOURCE, fetcher=fetcher)

    assert fetcher.asked == [(MetadataOrigin(kind=MetadataKind.SOURCE, where="renater"), ENTITY_ID)]


@pytest.mark.parametrize(
    ("text", "field", "change"),
    [
        (MESSAGERIE, "metadata_file", "must be given, or metadata_url, or metadata_source"),
        (OF_FILE + 'metadata_source = "renater"', "metadata_file", "only one may be given"),
        (OF_FILE + 'metadata_certificate = "a.pem"', "metadata_certificate", "take it out"),
        (MESSAGERIE + 'metadata_file = "../messagerie.xml"', "metadata_file", "in the same folder"),
        (MESSAGERIE + 'metadata_file = "absent.xml"', "metadata_file", "cannot be read"),
        (MESSAGERIE + 'metadata_url = "https://messagerie.example/"', "metadata_certificate", "must be given"),
        (AT_ADDRESS.replace("https", "http"), "metadata_url", "must start with https://"),
        (AT_ADDRESS.replace("messagerie.pem", "absent.pem"), "metadata_certificate", "cannot be read"),
        (AT_ADDRESS, "metadata_url", "cannot be fetched here"),
        (MESSAGERIE + 'metadata_source = "renater"', "entity_id", "must be given"),
        (OF_SOURCE.replace("renater", "Renater !"), "metadata_source", "must be the name of a source"),
    ],
)
def test_metadata_have_exactly_one_origin(problems_of, certificate, text, field, change):
    assert change in problems_of(text)[f"saml.{field}"].change


def test_a_file_of_another_service_provider_is_refused(problems_of):
    other = OF_FILE + 'entity_id = "https://other.example/metadata"'

    assert "must be https://other.example" in problems_of(other)["messagerie.xml, entityID"].change


def test_a_logo_is_read_from_the_folder_of_the_metadata(read, tmp_path):
    (tmp_path / "messagerie.svg").write_bytes(AN_SVG)

    assert read('logo = "messagerie.svg"\n' + OF_FILE).logo.content == AN_SVG


def test_a_file_that_is_not_a_certificate_is_refused(problems_of, tmp_path):
    (tmp_path / "messagerie.pem").write_text("-----BEGIN NOTHING-----", encoding="ascii")

    assert "one certificate in PEM" in problems_of(AT_ADDRESS)["saml.metadata_certificate"].change


def test_the_validity_of_metadata_is_the_one_that_their_verification_found(read):
    class Bounded(Fetcher):
        def fetch(self, origin, entity_id=None):
            return replace(super().fetch(origin, entity_id), valid_until=UNTIL)

    assert read(OF_SOURCE, fetcher=Bounded()).saml.service_provider.valid_until == UNTIL
