"""Applications that speak SAML in the registry."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import event, select, text

from config.audit.trail import Audit
from config.sql.versioned_cache import Revisions
from relying_parties.problems import AlreadyRegistered, HasNoSecret, NoSuchApplication, RegistrationProblems
from relying_parties.registration.saml_sp import Encryption
from relying_parties.registry.mapping import APPLICATION
from relying_parties.registry.models import RelyingParty, SamlServiceProviderRow
from relying_parties.registry.registry import Outcome, Registry
from relying_parties.sp_metadata.service_provider import Binding, Endpoint
from tests.builders.operators import METADATA, OPERATOR
from tests.builders.registry import a_registration, oidc_terms
from tests.builders.saml import CONSUMER, ENTITY_ID, a_saml_registration, a_service_provider, encryption_key, key_pair

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
MOVED = a_service_provider(
    assertion_consumer_services=(Endpoint(binding=Binding.POST, location=f"{CONSUMER}/new", index=0),)
)
XML = b"<md:EntityDescriptor/>"


@pytest.fixture
def database(every_database):
    """Every promise is kept on both."""
    return every_database


@pytest.fixture
def messagerie(registry):
    return registry.declare(replace(a_saml_registration(), metadata_xml=XML), actor=OPERATOR).application


def audited(database):
    with database.reading() as connection:
        return [row[0] for row in connection.execute(text("SELECT kind FROM audit_event ORDER BY id"))]


def kept_xml(database):
    with database.reading() as connection:
        return connection.execute(select(SamlServiceProviderRow.metadata_xml)).scalar_one()


def test_an_application_is_found_by_its_entity_id_and_by_its_identifier(registry, messagerie):
    assert registry.by_entity_id(ENTITY_ID) == messagerie == registry.by_identifier("messagerie")
    assert registry.named(ENTITY_ID) == messagerie
    assert messagerie.saml == a_saml_registration().saml
    assert messagerie.saml_signing_kid is None


def test_a_saml_application_is_not_an_openid_connect_client(registry, messagerie):
    """A client_id that reaches an application without OpenID Connect must not reach its codes or tokens."""
    assert registry.by_client_id("messagerie") is None
    assert messagerie.secrets == ()
    with pytest.raises(LookupError):
        _ = messagerie.oidc_client
    with pytest.raises(HasNoSecret):
        registry.rotate_secret("messagerie", actor=OPERATOR)


def test_an_openid_connect_application_is_not_a_service_provider(registry):
    dcc, _ = registry.register(a_registration(), actor=OPERATOR)

    assert registry.by_client_id("dcc") == dcc
    with pytest.raises(LookupError):
        _ = dcc.saml_sp


def test_an_application_may_use_both_protocols(registry):
    both, secret = registry.register(a_saml_registration(oidc=oidc_terms()), actor=OPERATOR)

    assert registry.by_client_id("messagerie") == registry.by_entity_id(ENTITY_ID) == both
    assert both.verify_secret(secret)


@pytest.mark.parametrize("never_one", ["", "\ud800", "\x00", "a b", "https://é\n.example", "x" * 2000])
def test_an_unknown_entity_id_finds_no_application(registry, messagerie, never_one):
    assert registry.by_entity_id(never_one) is None
    with pytest.raises(NoSuchApplication):
        registry.named(never_one)


def test_finding_by_entity_id_is_one_indexed_read_and_then_none(registry, database, messagerie):
    said = []
    event.listen(database.engine, "before_cursor_execute", lambda _c, _cu, statement, *_: said.append(statement))

    for _ in range(100):
        registry.by_entity_id(ENTITY_ID)

    assert len([statement for statement in said if "saml_service_provider" in statement]) == 1
    if not database.is_sqlite:
        return  # PostgreSQL would rather read a table of one row whole
    query = APPLICATION.where(text("saml_service_provider.entity_id = 'x'")).compile(database.engine)
    with database.reading() as connection:
        plan = [row.detail for row in connection.execute(text(f"EXPLAIN QUERY PLAN {query}"))]
    assert all(step.startswith("SEARCH") for step in plan), plan


def test_unknown_entity_ids_do_not_fill_the_cache(database, messagerie):
    registry = Registry(database, Revisions(database), Audit(database), cache_size=2)
    for number in range(5):
        registry.by_entity_id(f"https://unknown-{number}.example")

    assert len(registry._service_providers) == 0


def test_an_entity_id_belongs_to_one_application(registry, messagerie):
    with pytest.raises(AlreadyRegistered, match=f"the entity id {ENTITY_ID}"):
        registry.register(a_saml_registration(name="other", identifier="other"), actor=OPERATOR)


def test_a_protocol_is_added_to_and_removed_from_an_application(registry, messagerie):
    both = registry.declare(a_saml_registration(oidc=oidc_terms()), actor=OPERATOR)
    assert (both.outcome, both.changed) == (Outcome.AMENDED, ("oidc",))
    assert both.application.verify_secret(both.secret)

    alone = registry.declare(a_saml_registration(oidc=oidc_terms(), saml=None), actor=OPERATOR)
    assert alone.changed == ("saml",)
    assert registry.by_entity_id(ENTITY_ID) is None
    assert registry.by_client_id("messagerie").verify_secret(both.secret)


def test_declaring_the_same_again_changes_nothing(registry, messagerie):
    again = registry.declare(a_saml_registration(), actor=OPERATOR)

    assert (again.outcome, again.application) == (Outcome.UNCHANGED, messagerie)


def test_an_amendment_names_the_changed_fields_of_both_protocols(registry, messagerie):
    amended = registry.declare(a_saml_registration(encryption=Encryption.NEVER, service_provider=MOVED), actor=OPERATOR)

    assert amended.changed == ("service_provider", "encryption")


def test_new_metadata_are_stored_with_one_audit_entry(registry, database, messagerie):
    amended, changed = registry.amend_metadata("messagerie", MOVED, b"<new/>", actor=METADATA)

    assert changed
    assert registry.by_entity_id(ENTITY_ID) == amended
    assert amended.saml.service_provider == MOVED
    assert kept_xml(database) == "<new/>"
    assert audited(database) == ["application.registered", "application.amended"]


def test_a_longer_validity_alone_changes_no_revision_and_writes_no_entry(registry, database, messagerie):
    held = replace(a_service_provider(), valid_until=NOON)
    amended, changed = registry.amend_metadata("messagerie", held, XML, actor=METADATA)
    declared = registry.declare(a_saml_registration(service_provider=held), actor=OPERATOR)

    assert not changed
    assert declared.outcome is Outcome.UNCHANGED
    assert amended.saml.service_provider.valid_until == NOON
    assert registry.by_entity_id(ENTITY_ID).saml.service_provider.valid_until == NOON
    assert audited(database) == ["application.registered"]


def test_metadata_of_another_service_provider_are_refused(registry, messagerie):
    other = a_service_provider(entity_id="https://other.example/metadata")

    with pytest.raises(RegistrationProblems, match=f"must be {ENTITY_ID}"):
        registry.amend_metadata("messagerie", other, XML, actor=METADATA)
    assert registry.by_entity_id(ENTITY_ID) == messagerie


def test_metadata_without_a_required_encryption_key_are_refused(registry, database):
    registry.register(
        a_saml_registration(encryption=Encryption.REQUIRED, encryption_keys=(encryption_key(),)), actor=OPERATOR
    )

    with pytest.raises(RegistrationProblems, match="no encryption key"):
        registry.amend_metadata("messagerie", a_service_provider(), XML, actor=METADATA)
    assert registry.by_entity_id(ENTITY_ID).saml.service_provider.encryption_keys
    assert audited(database) == ["application.registered"]


def test_new_metadata_can_start_but_not_stop_to_require_signed_requests(registry, messagerie):
    signed = a_service_provider(authn_requests_signed=True)
    amended, _ = registry.amend_metadata("messagerie", signed, XML, actor=METADATA)
    assert amended.saml.requests_signed

    amended, _ = registry.amend_metadata("messagerie", a_service_provider(), XML, actor=METADATA)
    assert amended.saml.requests_signed


def test_an_amendment_does_not_change_the_pinned_signing_key(registry, database, messagerie):
    with database.transaction() as session:
        session.query(SamlServiceProviderRow).update({"signing_kid": "former"})

    registry.amend_metadata("messagerie", MOVED, XML, actor=METADATA)
    registry.declare(a_saml_registration(encryption=Encryption.NEVER), actor=OPERATOR)

    assert registry.by_name("messagerie").saml_signing_kid == "former"


def test_an_amendment_keeps_the_received_metadata(registry, database, messagerie):
    registry.declare(a_saml_registration(encryption=Encryption.NEVER), actor=OPERATOR)

    assert kept_xml(database) == XML.decode()


def test_an_application_that_stops_using_saml_loses_its_saml_row(registry, database, messagerie):
    registry.declare(a_saml_registration(oidc=oidc_terms(), saml=None), actor=OPERATOR)

    with database.reading() as connection:
        assert connection.execute(select(SamlServiceProviderRow.entity_id)).all() == []
        assert len(connection.execute(select(RelyingParty.id)).all()) == 1


def test_a_certificate_is_stored_unchanged(registry, messagerie):
    assert registry.by_entity_id(ENTITY_ID).saml.service_provider.signing_certificates == (
        key_pair("messagerie").certificate,
    )
