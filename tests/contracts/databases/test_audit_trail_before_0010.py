"""A trail that the version before has written (revision 0009) is still proved after the migration.

`audit_trail_0009.json` was written by that version: seven lines in three checkpoints,
the first four erased, the line that tells of it and another one sealed after.
"""

import json
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import insert

from config.audit.chain import AuditCheckpoint, DerivedSeals, seal
from config.audit.erasure import erase_personal
from config.audit.trail import Audit, AuditEntry, AuditEvent
from config.audit.verification import Broken, Intact, verify
from config.audit.vocabulary import TrailAuditKind
from idp.audit_kinds import IdpAuditKind
from idp.migrations import MIGRATIONS
from tests.builders.operators import OPERATOR
from tests.contracts.databases.test_audit_trail import EMPTYING, FAR, WITHOUT_RECORD, meddles

pytestmark = pytest.mark.slow  # a migration no longer changes once a version has made it

TRAIL = json.loads(Path(__file__).with_name("audit_trail_0009.json").read_text(encoding="utf-8"))


@pytest.fixture
def seals(encryption):
    return DerivedSeals(encryption)


def with_instants(row):
    return {name: datetime.fromisoformat(value) if name == "at" else value for name, value in row.items()}


def filled(database_at, *, unsealed=0):
    """The database at revision 0009 with that trail, of which the last lines are not sealed yet; then migrated."""
    database = database_at("0009")
    sealed = len(TRAIL["audit_event"]) - unsealed
    checkpoints = [with_instants(row) for row in TRAIL["audit_checkpoint"] if row["position"] <= sealed]
    lines = [with_instants(row) for row in TRAIL["audit_event"]]
    for line in lines[sealed:]:
        line |= dict.fromkeys(("position", "salt", "personal", "digest"))
    with database.transaction() as session:
        session.connection().execute(insert(AuditEvent.__table__), lines)
        session.connection().execute(insert(AuditCheckpoint.__table__), checkpoints)
        if not database.is_sqlite:
            session.connection().exec_driver_sql("SELECT setval('audit_event_id_seq', 9)")
    MIGRATIONS.migrate(database)
    return database


def test_it_is_intact_and_goes_on(database_at, seals):
    database = filled(database_at)
    assert verify(database, seals).lines == 9
    for _ in range(2):
        Audit(database).record_durably(AuditEntry(kind=IdpAuditKind.KEYS_MADE, login="jdupont"))
        assert seal(database, seals) == 1
    assert verify(database, seals).lines == 11
    assert erase_personal(database, seals, before=FAR, actor=OPERATOR) == 7
    assert isinstance(verify(database, seals), Intact)


def test_an_erasure_that_was_not_sealed_yet_is_believed(database_at, seals):
    database = filled(database_at, unsealed=2)
    assert seal(database, seals) == 2
    Audit(database).record_durably(AuditEntry(kind=IdpAuditKind.KEYS_MADE))
    seal(database, seals)
    assert verify(database, seals).lines == 10


@pytest.mark.parametrize("position", [5, 7, 9])
def test_what_is_emptied_since_is_found(database_at, seals, position):
    database = filled(database_at)
    meddles(database, f"{EMPTYING} WHERE position = {position}")
    assert verify(database, seals) == Broken(position=position, why=WITHOUT_RECORD)


def test_a_line_put_in_since_does_not_excuse_an_emptied_one(database_at, seals):
    database = filled(database_at)
    Audit(database).record_durably(AuditEntry(kind=IdpAuditKind.KEYS_MADE))
    seal(database, seals)
    told = AuditEntry(kind=TrailAuditKind.AUDIT_ERASED, detail={"lines": 9, "before": FAR.isoformat()})
    Audit(database).record_durably(told)
    seal(database, seals)
    meddles(database, f"{EMPTYING} WHERE position = 6")
    assert verify(database, seals) == Broken(position=6, why=WITHOUT_RECORD)


def test_going_back_leaves_the_trail_as_it_is(database_at, seals):
    database = filled(database_at)
    MIGRATIONS.downgrade(database, "0009")
    MIGRATIONS.migrate(database)
    assert verify(database, seals).lines == 9
