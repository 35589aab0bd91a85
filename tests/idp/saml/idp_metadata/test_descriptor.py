"""GET /saml/metadata is valid by the schema, and pysaml2 and python3-saml read it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import saml2
import time_machine
import xmlschema
from lxml import etree
from onelogin.saml2.idp_metadata_parser import OneLogin_Saml2_IdPMetadataParser
from onelogin.saml2.utils import OneLogin_Saml2_Utils
from saml2.attribute_converter import ac_factory
from saml2.mdstore import InMemoryMetaData

from config.xml import read_xml
from idp.keys.certificates import as_pem
from idp.keys.key_ring import Algorithm, KeyState
from idp.saml.idp_metadata.descriptor import BINDINGS, MD
from idp.saml.xmlsec.verification import verify_signature
from relying_parties.registration.saml_sp import SignatureAlgorithm
from tests.builders.key_rotation import saml_terms
from tests.builders.operators import OPERATOR
from tests.builders.registry import a_registration

pytestmark = pytest.mark.slow


NOON = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
SCHEMAS = Path(saml2.__file__).parent / "data" / "schemas"


@pytest.fixture
def document(idp):
    """The published document."""
    return idp.app.test_client().get("/saml/metadata", base_url=idp.issuer).data


@pytest.fixture
def root(document):
    return read_xml(document)


@pytest.fixture(scope="module")
def schema():
    return xmlschema.XMLSchema(SCHEMAS / "saml-schema-metadata-2.0.xsd")


def asks(idp, **headers):
    return idp.app.test_client().get("/saml/metadata", base_url=idp.issuer, headers=headers)


def certificates(document, use="signing"):
    """In their order."""
    found = etree.fromstring(document).iterfind(f".//{{{MD}}}KeyDescriptor[@use='{use}']")
    return ["".join(descriptor.itertext()).strip() for descriptor in found]


def registers(idp, name, **terms):
    asked = a_registration(name=name, identifier=name, oidc=None, saml=saml_terms(name, **terms))
    idp.services.registry.declare(asked, actor=OPERATOR)


def certificate_of(idp, state, algorithm=Algorithm.RS256):
    described = idp.services.keys.descriptions()
    return next(key.certificate for key in described if (key.algorithm, key.state) == (algorithm, state))


# --- read by others ------------------------------------------------------------------------


def test_it_is_valid_by_the_schema(schema, document):
    schema.validate(etree.fromstring(document))


def test_pysaml2_reads_our_keys_and_endpoints(idp, document):
    read = InMemoryMetaData(ac_factory(), document.decode())
    read.load()
    name = f"{idp.issuer}/saml/metadata"
    assert list(read.keys()) == [name]
    signing = ["".join(certificate.split()) for _, certificate in read.certs(name, "idpsso", "signing")]
    assert signing == [certificate_of(idp, KeyState.CURRENT), certificate_of(idp, KeyState.NEXT)]
    for binding in ("HTTP-Redirect", "HTTP-POST"):
        [at] = read.service(name, "idpsso_descriptor", "single_sign_on_service", BINDINGS + binding)
        assert at["location"] == f"{idp.issuer}/saml/sso"


def test_python3_saml_reads_our_keys_and_endpoints(idp, document):
    read = OneLogin_Saml2_IdPMetadataParser.parse(document)["idp"]
    both = [certificate_of(idp, KeyState.CURRENT), certificate_of(idp, KeyState.NEXT)]
    assert read["x509certMulti"] == {"signing": both, "encryption": both}
    assert read["entityId"] == f"{idp.issuer}/saml/metadata"
    assert read["singleSignOnService"]["url"] == f"{idp.issuer}/saml/sso"


def test_python3_saml_verifies_its_signature_by_the_current_key(idp, document):
    assert OneLogin_Saml2_Utils.validate_metadata_sign(document, cert=as_pem(certificate_of(idp, KeyState.CURRENT)))
    other = as_pem(certificate_of(idp, KeyState.NEXT))
    assert not OneLogin_Saml2_Utils.validate_metadata_sign(document, cert=other)


def test_the_signature_covers_the_root_and_no_weak_algorithm_is_announced(idp, root):
    verify_signature(root, root, [certificate_of(idp, KeyState.CURRENT)])
    named = " ".join(element.get("Algorithm") for element in root.iterfind(".//*[@Algorithm]"))
    assert "rsa-sha256" in named
    for weak in ("sha1", "md5", "dsa-sha1", "hmac", "tripledes", "cbc", "rsa-1_5"):
        assert weak not in named


# --- true ----------------------------------------------------------------------------------


def test_every_endpoint_answers_the_http_method_of_its_binding(idp, root):
    served = {(rule.rule, method) for rule in idp.app.url_map.iter_rules() for method in rule.methods}
    said = [(element.get("Location"), element.get("Binding")) for element in root.iterfind(".//*[@Location]")]
    assert said
    for location, binding in said:
        sent_by = "GET" if binding == f"{BINDINGS}HTTP-Redirect" else "POST"
        assert (location.removeprefix(idp.issuer), sent_by) in served


def test_it_has_our_names_and_contact(idp, root):
    assert root.get("entityID") == f"{idp.issuer}/saml/metadata"
    scope = root.find(".//{urn:mace:shibboleth:metadata:1.0}Scope")
    assert (scope.text, scope.get("regexp")) == ("localhost", "false")
    assert root.findtext(".//{urn:oasis:names:tc:SAML:metadata:ui}DisplayName") == idp.settings.region


@pytest.mark.parametrize(
    "changed_settings", [{"saml_entity_id": "urn:exemple:idp", "saml_scope": "sante.exemple.test", "region": 'A&B<"'}]
)
def test_the_settings_change_names_and_contact(idp, root):
    assert root.get("entityID") == "urn:exemple:idp"
    assert root.findtext(".//{urn:mace:shibboleth:metadata:1.0}Scope") == "sante.exemple.test"
    assert root.findtext(f".//{{{MD}}}OrganizationName") == 'A&B<"'


# --- from one day to another, and from one key to another -----------------------------------


def test_valid_until_is_the_lifetime_after_the_end_of_the_day_and_cache_duration_six_hours(idp):
    with time_machine.travel(NOON):
        root = etree.fromstring(asks(idp).data)
    assert root.get("validUntil") == "2026-06-09T00:00:00Z"
    assert root.get("cacheDuration") == "PT21600S"


@pytest.mark.parametrize("changed_settings", [{"saml_metadata_lifetime": timedelta(hours=8)}])
def test_a_shorter_lifetime_has_a_shorter_cache_duration(idp):
    assert etree.fromstring(asks(idp).data).get("cacheDuration") == "PT7200S"


def test_the_octets_are_the_same_all_day_and_others_the_next_day(idp):
    with time_machine.travel(NOON) as clock:
        first = asks(idp)
        clock.move_to(NOON + timedelta(hours=11))
        assert asks(idp).data == first.data
        clock.move_to(NOON + timedelta(hours=12))
        assert asks(idp).data != first.data


def test_a_conditional_request_for_the_same_document_is_answered_with_304(idp):
    """RFC 9110 section 13.1.2."""
    first = asks(idp)
    assert (first.status_code, first.content_type) == (200, "application/samlmetadata+xml")
    assert first.headers["Cache-Control"] == "public, max-age=300"
    again = asks(idp, **{"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_after_a_rotation_it_has_the_next_key_and_the_previous_key_in_use(idp):
    registers(idp, "messagerie")
    old, new = certificate_of(idp, KeyState.CURRENT), certificate_of(idp, KeyState.NEXT)
    assert certificates(asks(idp).data) == [old, new]
    idp.rotates_keys()
    newest = certificate_of(idp, KeyState.NEXT)
    assert certificates(asks(idp).data) == [new, newest, old]
    assert certificates(asks(idp).data, "encryption") == [new, newest]
    idp.services.key_rotation.cut_over("messagerie", actor=OPERATOR, now=datetime.now(UTC))
    assert certificates(asks(idp).data) == [new, newest]


def test_ec_keys_are_published_if_an_application_is_registered_for_ecdsa(idp):
    """Some service providers refuse a document that has an EC certificate."""
    rsa = certificates(asks(idp).data)
    registers(idp, "messagerie", signature_algorithm=SignatureAlgorithm.ECDSA_SHA256)
    ec = [certificate_of(idp, state, Algorithm.ES256) for state in (KeyState.CURRENT, KeyState.NEXT)]
    assert certificates(asks(idp).data) == rsa + ec
    assert certificates(asks(idp).data, "encryption") == rsa
