"""A backup of SQLite or PostgreSQL is restored into either, in full or not at all (config/backup)."""

import gzip
import json
import stat
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Event, Thread

import pytest
from sqlalchemy import insert, select

from config.audit.chain import DerivedSeals, seal
from config.audit.trail import Audit, AuditEntry, AuditEvent
from config.audit.verification import Intact, verify
from config.audit.vocabulary import BackupAuditKind
from config.backup.backup import back_up
from config.backup.backup_file import BackupRefused, ServiceDatabase, inspect_backup
from config.backup.restoration import restore
from config.backup.values import Kind, kind_of
from config.encryption import KeyEncryption
from config.sql.database import Database
from config.sql.migrations import Migrations
from enrollment.migrations.tables import metadata as enrollment_metadata
from idp.audit_kinds import IdpAuditKind
from idp.migrations import MIGRATIONS
from idp.migrations.tables import metadata
from tests.builders.operators import OPERATOR

pytestmark = pytest.mark.slow

IDP = ServiceDatabase(service="idp", migrations=MIGRATIONS, tables=metadata())
NOON = datetime(2026, 3, 2, 12, 0, 0, 123456, tzinfo=UTC)


def a_value(column, encryption, number):
    if column.foreign_keys:
        return f"row-{number}"
    if column.name == "login":
        return f"jdupont{number}"
    match kind_of(column):
        case Kind.DATE:
            return NOON.date()
        case Kind.INSTANT:
            return NOON
        case Kind.BYTES:
            return bytes(range(256))
        case Kind.JSON:
            return ["é", {"a": None}]
        case Kind.BOOLEAN:
            return bool(number % 2)
        case Kind.INTEGER:
            return number
        case Kind.TEXT if getattr(column.type, "enums", None):
            return column.type.enums[0]
        case Kind.TEXT if column.primary_key:
            return f"row-{number}"
        case Kind.TEXT if column.name in ("payload", "private_key"):
            return encryption.seal(b"private", bound_to="x")
    return f"é\u2028\n{number}"[: column.type.length]


@pytest.fixture
def full(database, encryption):
    """A database with two rows in every table."""
    exceptions = {
        "oidc_client": {"client_authentication": "client_secret_basic", "subject_type": "public", "sector": ""},
        "audit_event": {"detail": "{}", "position": None, "salt": None, "personal": None, "digest": None},
        "account": {"national_id_proof": "typed"},
        "account_identifier": {"proof": "operator"},
        "card": {"status": "ended"},
        "entitlement": {"ends_at": None},
        "operator_role": {"role": "auditor", "scope": ""},
        "membership": {"ends_at": NOON + timedelta(days=1)},
    }
    with database.transaction() as session:
        for table in metadata().sorted_tables:
            if table.name in ("audit_checkpoint", "audit_erasure"):
                continue
            for number in (1, 2):
                row = {
                    column.name: a_value(column, encryption, number)
                    for column in table.columns
                    if column is not table.autoincrement_column
                }
                session.connection().execute(insert(table), row | exceptions.get(table.name, {}))
    seal(database, DerivedSeals(encryption))
    return database


@pytest.fixture
def file(tmp_path, full, encryption):
    made = tmp_path / "backup.poterne"
    back_up(IDP, full, encryption, made, actor=OPERATOR)
    return made


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def target(request, tmp_path):
    """The database to restore into: it has no tables yet."""
    if request.param == "sqlite":
        database = Database.at(f"sqlite:///{tmp_path / 'target.sqlite'}")
        yield database
        database.close()
        return
    with request.getfixturevalue("postgresql").empty_database("target") as address:
        database = Database.at(address)
        yield database
        database.close()


def contents(database):
    with database.reading() as connection:
        return {
            table.name: connection.execute(select(*table.columns).order_by(*table.primary_key.columns)).all()
            for table in metadata().sorted_tables
        }


def without_backup_lines(tables):
    left_out = (BackupAuditKind.BACKUP_MADE, BackupAuditKind.BACKUP_RESTORED)
    return tables | {"audit_event": [row for row in tables["audit_event"] if row.kind not in left_out]}


def test_a_restored_database_has_the_rows_of_the_one_backed_up(full, file, target, encryption):
    restore(IDP, target, encryption, file, actor=OPERATOR)
    assert without_backup_lines(contents(target)) == without_backup_lines(contents(full))


def test_a_restored_database_accepts_new_entries_and_its_trail_verifies(file, target, encryption):
    """New rows take numbers after the restored ones."""
    restore(IDP, target, encryption, file, actor=OPERATOR)
    Audit(target).record_durably(AuditEntry(kind=IdpAuditKind.LOGIN_SUCCEEDED))
    seal(target, DerivedSeals(encryption))
    assert isinstance(verify(target, DerivedSeals(encryption)), Intact)
    with target.reading() as connection:
        kinds = list(connection.execute(select(AuditEvent.kind).order_by(AuditEvent.id)).scalars())
    assert kinds[-2:] == [BackupAuditKind.BACKUP_RESTORED, IdpAuditKind.LOGIN_SUCCEEDED]


def test_a_restore_into_a_database_with_rows_is_refused_and_changes_nothing(full, file, encryption):
    before = contents(full)
    with pytest.raises(BackupRefused, match="not empty"):
        restore(IDP, full, encryption, file, actor=OPERATOR)
    assert contents(full) == before


def test_a_restore_into_empty_tables_succeeds(file, target, encryption):
    MIGRATIONS.migrate(target)
    assert restore(IDP, target, encryption, file, actor=OPERATOR).tables["account"] == 2


def test_a_backup_is_one_snapshot_and_blocks_no_writer(full, tmp_path, encryption, monkeypatch):
    """A transaction that commits while the tables are read is not in the backup."""
    reading, written = Event(), Event()

    def write():
        reading.wait(10)
        Audit(full).record_durably(AuditEntry(kind=IdpAuditKind.LOGIN_REFUSED))
        written.set()

    def encountered(column, kind_of=kind_of):
        if column.table.name == "audit_event" and not reading.is_set():
            reading.set()
            assert written.wait(10)
        return kind_of(column)

    with full.reading() as connection:
        before = len(connection.execute(select(AuditEvent.id)).all())
    monkeypatch.setattr("config.backup.backup.kind_of", encountered)
    writer = Thread(target=write)
    writer.start()
    summary = back_up(replace(IDP, tables=_audit_last()), full, encryption, tmp_path / "file", actor=OPERATOR)
    writer.join()
    assert summary.tables["audit_event"] == before


def _audit_last():
    class Ordered:
        sorted_tables = sorted(metadata().sorted_tables, key=lambda table: table.name == "audit_event")

    return Ordered


def test_the_file_is_private_and_an_interrupted_backup_leaves_the_previous_one(file, full, encryption, monkeypatch):
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    before = file.read_bytes()

    def fail(*_arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr("config.backup.backup._write", fail)
    with pytest.raises(KeyboardInterrupt):
        back_up(IDP, full, encryption, file, actor=OPERATOR)
    assert file.read_bytes() == before
    assert [each.name for each in file.parent.iterdir() if "backup" in each.name] == [file.name]


def test_no_private_key_can_be_read_from_a_backup_without_the_key_encryption_key(file, encryption):
    text = gzip.decompress(file.read_bytes())
    assert encryption.keys["first"] not in text
    assert b"private" not in text.replace(b"private_key", b"")


def test_a_restore_without_the_key_is_refused_and_names_the_key(file, target):
    with pytest.raises(BackupRefused, match="'first'"):
        restore(IDP, target, KeyEncryption({"second": b"o" * 32}), file, actor=OPERATOR)


def test_a_restore_with_another_key_of_the_same_name_is_refused(file, target):
    with pytest.raises(BackupRefused, match="differs from the one"):
        restore(IDP, target, KeyEncryption({"first": b"o" * 32}), file, actor=OPERATOR)


def as_written(line):
    return json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def altered(file, change):
    lines = [json.loads(line) for line in gzip.decompress(file.read_bytes()).splitlines()]
    change(lines)
    file.write_bytes(gzip.compress(b"".join(as_written(line) for line in lines)))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda lines: lines.pop(), "end is missing"),
        (lambda lines: lines[2].__setitem__(0, "other"), "checksum"),
        (lambda lines: lines.append([]), "more lines after its end"),
        (lambda lines: lines[0].update(format="tar"), "has the format 'tar'"),
        (lambda lines: lines.pop(0), "not a backup"),
        (lambda lines: lines[-1].update(mac="0" * 64), "was made with other key-encryption keys"),
    ],
)
def test_an_altered_file_is_refused(file, encryption, change, said):
    altered(file, change)
    with pytest.raises(BackupRefused, match=said):
        inspect_backup(IDP, file, encryption)


@pytest.mark.parametrize("cut", [0, 1, 30, -1, -20])
def test_a_truncated_file_is_refused(file, encryption, cut):
    file.write_bytes(file.read_bytes()[:cut])
    with pytest.raises(BackupRefused):
        inspect_backup(IDP, file, encryption)


def test_a_file_that_is_not_a_backup_is_refused(tmp_path, encryption):
    file = tmp_path / "letter.txt"
    file.write_text("Bonjour")
    with pytest.raises(BackupRefused):
        inspect_backup(IDP, file, encryption)


class NewerMigrations(Migrations):
    """Those of a version to come, for which our tables are up to date."""

    def newest(self):
        return "9999"

    def is_current(self, _database):
        return True


def test_a_backup_of_another_service_is_refused(file, encryption):
    with pytest.raises(BackupRefused, match="is a backup of 'idp', not of 'enrollment'"):
        inspect_backup(replace(IDP, service="enrollment"), file, encryption)


def test_a_backup_of_a_newer_version_is_refused(full, tmp_path, encryption):
    newer = replace(IDP, migrations=NewerMigrations("idp:migrations"))
    back_up(newer, full, encryption, tmp_path / "file", actor=OPERATOR)
    with pytest.raises(BackupRefused, match="9999"):
        inspect_backup(IDP, tmp_path / "file", encryption)


def test_a_restoration_that_fails_leaves_the_database_empty(file, target, encryption, monkeypatch):
    def fail(*_arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr("config.backup.restoration.Audit.record", fail)
    with pytest.raises(KeyboardInterrupt):
        restore(IDP, target, encryption, file, actor=OPERATOR)
    assert not any(contents(target).values())


@pytest.mark.parametrize("metadata", [metadata, enrollment_metadata], ids=["idp", "enrollment"])
def test_every_column_of_every_table_can_be_backed_up(metadata):
    for table in metadata().sorted_tables:
        for column in table.columns:
            kind_of(column)
