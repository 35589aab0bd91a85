"""Migration 0015: an entitlement of before has begun when it was granted, has no end, and says who granted it."""

import pytest
from sqlalchemy import text

from idp.migrations import MIGRATIONS

pytestmark = pytest.mark.slow  # a migration no longer changes once a version has made it

ACCOUNT = (
    "INSERT INTO account (id, login, given_name, family_name, email, language, created_at, valid_from)"
    " VALUES ('jeanne', 'jeanne', 'A', 'B', 'a@exemple.test', 'fr', CURRENT_TIMESTAMP, CURRENT_TIMESTAMP)"
)
ENTITLEMENT = "INSERT INTO entitlement (account_id, application, granted_at) VALUES ('jeanne', :to, CURRENT_TIMESTAMP)"
LINE = (
    "INSERT INTO audit_event (at, kind, account, application, actor, detail)"
    " VALUES (CURRENT_TIMESTAMP, 'entitlement.granted', 'jeanne', :to, :by, '{}')"
)
KEPT = (
    "SELECT application, granted_by, role, ends_at, reason FROM entitlement WHERE starts_at = granted_at"
    " ORDER BY application"
)


@pytest.fixture
def at_0014(database_at):
    """Jeanne may use two applications; the trail knows who granted one of them, twice."""
    database = database_at("0014")
    with database.transaction() as session:
        session.execute(text(ACCOUNT))
        for application in ("dcc", "perinat"):
            session.execute(text(ENTITLEMENT), {"to": application})
        for actor in ("cli:root", "cli:oriou"):
            session.execute(text(LINE), {"to": "dcc", "by": actor})
    return database


def kept(database, query=KEPT):
    with database.reading() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def test_those_of_before_have_begun_and_have_no_end(at_0014):
    MIGRATIONS.migrate(at_0014)
    assert kept(at_0014) == [("dcc", "cli:oriou", None, None, None), ("perinat", None, None, None, None)]


def test_a_node_of_the_version_before_still_grants(at_0014):
    """Nodes are upgraded one after another: docs/deploy.md."""
    MIGRATIONS.migrate(at_0014)
    with at_0014.transaction() as session:
        session.execute(text(ENTITLEMENT), {"to": "messagerie"})
    assert ("messagerie", None, None, None, None) in kept(at_0014)


def test_going_back_leaves_those_in_force(at_0014):
    MIGRATIONS.migrate(at_0014, to="0015")
    with at_0014.transaction() as session:
        session.execute(text(ENTITLEMENT), {"to": "ended"})
        session.execute(text(ENTITLEMENT), {"to": "later"})
        session.execute(
            text(
                "UPDATE entitlement SET starts_at = '2020-01-01 00:00:00.000000',"
                " ends_at = '2020-01-02 00:00:00.000000' WHERE application = 'ended'"
            )
        )
        session.execute(
            text("UPDATE entitlement SET starts_at = '2120-01-01 00:00:00.000000' WHERE application = 'later'")
        )

    MIGRATIONS.downgrade(at_0014, "0014")

    assert kept(at_0014, "SELECT application FROM entitlement ORDER BY application") == [("dcc",), ("perinat",)]
