"""Migration 0014: what was registered under the former names of its fields keeps its values, there and back."""

import json

import pytest
from sqlalchemy import text

from idp.migrations import MIGRATIONS
from relying_parties.registration.display_name import DisplayName
from relying_parties.registration.saml_sp import SignedParts
from relying_parties.registry.mapping import APPLICATION, application_of_row
from relying_parties.registry.saml_json import service_provider_as_json, terms_as_json
from tests.builders.saml import a_saml_registration

pytestmark = pytest.mark.slow  # a migration no longer changes once a version has made it

PARTY = (
    "INSERT INTO relying_party (id, identifier, name, display_name_fr, display_name_en, towards_fr, towards_en,"
    " home_url, attributes, lowest_assurance, entry, confirm_identity, registered_at, amended_at)"
    " VALUES (:id, :id, :id, 'A', 'A', 'à la messagerie', 'to the mail', 'https://a.example/', '[]', 'password',"
    " 'everyone', :no, CURRENT_TIMESTAMP, CURRENT_TIMESTAMP)"
)
PROVIDER = (
    "INSERT INTO saml_service_provider (relying_party_id, entity_id, terms, descriptor, metadata_xml,"
    " metadata_fetched_at) VALUES (:id, 'https://sp.example', :terms, :descriptor, '', CURRENT_TIMESTAMP)"
)
BEFORE = {"signs": "assertion", "follows_our_metadata": True, "continues_at": ["https://portail.example"]}
TODAY = ("signed_parts", "automatic_key_update", "form_action_origins")


@pytest.fixture
def at_0013(database_at):
    """One application that speaks SAML, as the version before has registered it."""
    saml = a_saml_registration().saml
    kept = {name: term for name, term in terms_as_json(saml).items() if name not in TODAY}
    values = {
        "id": "messagerie",
        "no": False,
        "terms": json.dumps(kept | BEFORE),
        "descriptor": json.dumps(service_provider_as_json(saml.service_provider)),
    }
    database = database_at("0013")
    with database.transaction() as session:
        session.execute(text(PARTY), values)
        session.execute(text(PROVIDER), values)
    return database


def test_the_registry_reads_what_was_registered_before(at_0013):
    MIGRATIONS.migrate(at_0013)

    with at_0013.reading() as connection:
        messagerie = application_of_row(connection.execute(APPLICATION).one())
    assert messagerie.login_button == DisplayName("à la messagerie", "to the mail")
    assert messagerie.saml_sp.signed_parts is SignedParts.ASSERTION
    assert messagerie.saml_sp.automatic_key_update
    assert messagerie.saml_sp.form_action_origins == ("https://portail.example",)


def test_going_back_gives_the_former_names(at_0013):
    MIGRATIONS.migrate(at_0013, to="0014")
    MIGRATIONS.downgrade(at_0013, "0013")

    with at_0013.reading() as connection:
        kept = json.loads(
            connection.execute(text("SELECT CAST(terms AS TEXT) FROM saml_service_provider")).scalar_one()
        )
        buttons = connection.execute(text("SELECT towards_fr, towards_en FROM relying_party")).one()
    assert tuple(buttons) == ("à la messagerie", "to the mail")
    assert {name: kept[name] for name in BEFORE} == BEFORE
    assert kept.keys().isdisjoint(TODAY)
