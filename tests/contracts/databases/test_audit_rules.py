"""The triggers that keep the audit trail: whether they are all there is told, and they can be put back."""

import pytest
from sqlalchemy.exc import IntegrityError

from config.audit.trail import Audit, AuditEntry, AuditEvent
from config.audit.triggers import missing_rules, postgresql_rules, restore_rules, sqlite_rules
from idp.audit_kinds import IdpAuditKind
from tests.builders.operators import OPERATOR

SQLITE = [
    ("DROP TRIGGER audit_event_kept", ["audit_event_kept"]),
    ("DROP TRIGGER audit_checkpoint_unaltered", ["audit_checkpoint_unaltered"]),
    ("DROP TRIGGER audit_erasure_kept", ["audit_erasure_kept"]),
]
POSTGRESQL = [
    ("DROP TRIGGER audit_event_rows ON audit_event", ["audit_event_rows"]),
    ("DROP TRIGGER audit_event_whole ON audit_event", ["audit_event_whole"]),
    ("ALTER TABLE audit_event DISABLE TRIGGER USER", ["audit_event_rows", "audit_event_whole"]),
    ("ALTER TABLE audit_checkpoint ENABLE REPLICA TRIGGER audit_checkpoint_rows", ["audit_checkpoint_rows"]),
    ("DROP FUNCTION audit_erasure_rules CASCADE", ["audit_erasure_rows", "audit_erasure_whole"]),
    (
        "CREATE OR REPLACE FUNCTION audit_event_rules() RETURNS trigger LANGUAGE plpgsql"
        " AS $$ BEGIN RETURN COALESCE(NEW, OLD); END $$",
        ["audit_event_rows", "audit_event_whole"],
    ),
    (
        "CREATE OR REPLACE TRIGGER audit_event_rows BEFORE DELETE ON audit_event"
        " FOR EACH ROW EXECUTE FUNCTION audit_event_rules()",
        ["audit_event_rows"],
    ),
]


def executes(database, statement):
    with database.transaction() as session:
        session.connection().exec_driver_sql(statement)


def cases(database):
    return SQLITE if database.is_sqlite else POSTGRESQL


def test_none_is_missing_after_the_migrations(database):
    assert missing_rules(database) == []
    assert restore_rules(database, actor=OPERATOR) == []


def test_each_that_was_taken_away_or_altered_is_told_and_put_back(database):
    Audit(database).record_durably(AuditEntry(kind=IdpAuditKind.KEYS_MADE))
    for statement, missing in cases(database):
        executes(database, statement)
        assert missing_rules(database) == missing, statement

        assert restore_rules(database, actor=OPERATOR) == missing

        assert missing_rules(database) == []
        with pytest.raises(IntegrityError, match="audit trail"):
            executes(database, "UPDATE audit_event SET account = 'another'")
    with database.reading() as connection:
        told = connection.execute(AuditEvent.__table__.select().order_by(AuditEvent.id)).all()
    assert [line.kind for line in told[1:]] == ["audit.rules-restored"] * len(cases(database))


def test_one_that_says_something_else_is_told(database):
    if not database.is_sqlite:
        return  # among the cases above
    executes(database, "DROP TRIGGER audit_event_kept")
    never = sqlite_rules()["audit_event_kept"].replace("WHEN NOT (", "WHEN 1 = 2 AND NOT (")
    executes(database, never)
    assert missing_rules(database) == ["audit_event_kept"]


def test_every_table_of_the_trail_has_rules():
    assert {name.rsplit("_", 1)[0] for name in sqlite_rules()} == set(postgresql_rules())
