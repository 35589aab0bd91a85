"""Migration 0012: an address is verified if the audit trail knows that a link mailed there was used."""

import pytest
from sqlalchemy import text

from idp.migrations import MIGRATIONS

pytestmark = pytest.mark.slow  # a migration no longer changes once a version has made it

ACCOUNT = (
    "INSERT INTO account (id, login, given_name, family_name, email, language, created_at, valid_from)"
    " VALUES (:id, :id, 'A', 'B', 'a@exemple.test', 'fr', CURRENT_TIMESTAMP, CURRENT_TIMESTAMP)"
)
LINE = "INSERT INTO audit_event (at, kind, account, detail) VALUES (CURRENT_TIMESTAMP, :kind, :id, '{}')"


def verified(database) -> dict[str, bool]:
    with database.reading() as connection:
        rows = connection.execute(text("SELECT id, email_verified_at FROM account")).all()
    return {row.id: row.email_verified_at is not None for row in rows}


def test_who_used_a_mailed_link_has_a_verified_address(database_at):
    database = database_at("0011")
    with database.transaction() as session:
        for name, kind in (("jeanne", "password-link.used"), ("paul", "password-link.sent")):
            session.execute(text(ACCOUNT), {"id": name})
            session.execute(text(LINE), {"id": name, "kind": kind})

    MIGRATIONS.migrate(database)
    assert verified(database) == {"jeanne": True, "paul": False}

    MIGRATIONS.downgrade(database, "0011")
    MIGRATIONS.migrate(database)
    assert verified(database) == {"jeanne": True, "paul": False}
