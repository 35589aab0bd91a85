"""Migration 0007: what was registered keeps its identifier, there and back."""

import pytest
from sqlalchemy import inspect, text

from idp.migrations import MIGRATIONS

pytestmark = pytest.mark.slow  # a migration no longer changes once a version has made it

PARTY = (
    "INSERT INTO relying_party (id, name, display_name_fr, display_name_en, towards_fr, towards_en, home_url,"
    " attributes, lowest_assurance, entry, confirm_identity, registered_at, amended_at{also})"
    " VALUES (:id, :id, 'A', 'A', '', '', 'https://a.example/', '[]', 'password', 'everyone', :no, :at, :at"
    "{also_values})"
)
CLIENT = (
    "INSERT INTO oidc_client (relying_party_id, client_id, redirect_uris, post_logout_redirect_uris,"
    " client_authentication, require_pkce, subject_type, sector, id_token_signing_alg, secret_fingerprint) VALUES"
    " (:id, :client_id, '[]', '[]', 'client_secret_basic', :no, 'public', '', 'RS256', 'f')"
)
PROVIDER = (
    "INSERT INTO saml_service_provider (relying_party_id, entity_id, terms, descriptor, metadata_xml,"
    " metadata_fetched_at) VALUES (:id, 'https://sp.example', '{}', '{}', '', :at)"
)


@pytest.fixture
def at_0006(database_at):
    """Two applications, as the version before has registered them."""
    database = database_at("0006")
    with database.transaction() as session:
        for name in ("dcc", "perinat"):
            said = {"id": name, "client_id": f"{name}-client", "no": False, "at": _at(database)}
            session.execute(text(PARTY.format(also="", also_values="")), said)
            session.execute(text(CLIENT), said)
    return database


def _at(database):
    """As each database keeps an instant."""
    with database.reading() as connection:
        return connection.execute(text("SELECT CURRENT_TIMESTAMP")).scalar_one()


def rows(database, query):
    with database.reading() as connection:
        return sorted(tuple(row) for row in connection.execute(text(query)))


def test_the_client_id_becomes_the_identifier(at_0006):
    MIGRATIONS.migrate(at_0006)

    kept = rows(at_0006, "SELECT name, identifier FROM relying_party")
    assert kept == [("dcc", "dcc-client"), ("perinat", "perinat-client")]
    assert rows(at_0006, "SELECT DISTINCT backchannel_logout_uri FROM oidc_client") == [("",)]


def test_the_version_before_still_finds_its_clients(at_0006):
    """Nodes are upgraded one after another: docs/deploy.md."""
    MIGRATIONS.migrate(at_0006)

    query = "SELECT client_id FROM relying_party JOIN oidc_client ON relying_party_id = relying_party.id"
    assert rows(at_0006, query) == [("dcc-client",), ("perinat-client",)]


def test_going_back_keeps_clients_and_lets_service_providers_go(at_0006):
    MIGRATIONS.migrate(at_0006, to="0007")
    with at_0006.transaction() as session:
        said = {"id": "messagerie", "no": False, "at": _at(at_0006)}
        session.execute(text(PARTY.format(also=", identifier", also_values=", 'messagerie'")), said)
        session.execute(text(PROVIDER), said)

    MIGRATIONS.downgrade(at_0006, "0006")

    assert rows(at_0006, "SELECT name FROM relying_party") == [("dcc",), ("perinat",)]
    assert rows(at_0006, "SELECT client_id FROM oidc_client") == [("dcc-client",), ("perinat-client",)]
    assert "saml_service_provider" not in inspect(at_0006.engine).get_table_names()
