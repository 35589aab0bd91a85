"""The database triggers that make the audit trail append-only, on SQLite and on PostgreSQL.

The content of an entry never changes, and the sealer writes its columns once. Login, address and agent can be erased
with their salt, where a record of the erasure exists. Entries can be deleted only up to a checkpoint marked as pruned.
The triggers are created with the tables, and by the migrations.

A database administrator can remove triggers: `missing_rules` reports it, and `restore_rules` creates them again.
"""

from typing import Any

from sqlalchemy import DDL, Connection, event, text

from config.actor import Actor
from config.audit.chain import AuditCheckpoint
from config.audit.erasure import PERSONAL, AuditErasure
from config.audit.trail import Audit, AuditEntry, AuditEvent
from config.audit.vocabulary import TrailAuditKind
from config.sql.database import Database

_NEVER_CHANGES = ("id", "at", "kind", "account", "application", "session", "method", "actor", "detail")
_WRITTEN_ONCE = ("position", "personal", "digest")
_CHECKPOINT_NEVER_CHANGES = ("position", "digest", "at", "kid", "signature")
_ERASURE_NEVER_CHANGES = ("first", "last", "digest", "at", "kid", "signature")

_IS_PRUNED = (
    "OLD.position IS NOT NULL AND EXISTS"
    " (SELECT 1 FROM audit_checkpoint c WHERE c.pruned_at IS NOT NULL AND c.position >= OLD.position)"
)
_IS_ERASED = "EXISTS (SELECT 1 FROM audit_erasure e WHERE OLD.position BETWEEN e.first AND e.last)"
_IS_BEFORE_PRUNED = (
    "EXISTS (SELECT 1 FROM audit_checkpoint c WHERE c.pruned_at IS NOT NULL AND c.position > OLD.position)"
)


def _altered(differs: str) -> str:
    """The condition that refuses an update of an entry; `differs` is the database's NULL-safe inequality operator."""
    changed = [f"OLD.{name} {differs} NEW.{name}" for name in _NEVER_CHANGES]
    given_again = [f"(OLD.{name} IS NOT NULL AND OLD.{name} {differs} NEW.{name})" for name in _WRITTEN_ONCE]
    replaced = [f"(OLD.{name} {differs} NEW.{name} AND NEW.{name} IS NOT NULL)" for name in PERSONAL]
    salted_again = f"(OLD.salt {differs} NEW.salt AND OLD.position IS NOT NULL AND NEW.salt IS NOT NULL)"
    emptied = " OR ".join(f"OLD.{name} {differs} NEW.{name}" for name in PERSONAL)
    unsalted = f"OLD.salt {differs} NEW.salt AND OLD.position IS NOT NULL"
    without_record = f"(({emptied} OR {unsalted}) AND NOT {_IS_ERASED})"
    return " OR ".join([*changed, *given_again, *replaced, salted_again, without_record])


def _checkpoint_altered(differs: str) -> str:
    changed = [f"OLD.{name} {differs} NEW.{name}" for name in _CHECKPOINT_NEVER_CHANGES]
    return " OR ".join([*changed, f"(OLD.pruned_at IS NOT NULL AND OLD.pruned_at {differs} NEW.pruned_at)"])


def _erasure_altered(differs: str) -> str:
    return " OR ".join(f"OLD.{name} {differs} NEW.{name}" for name in _ERASURE_NEVER_CHANGES)


def sqlite_rules() -> dict[str, str]:
    """The CREATE TRIGGER statements for SQLite, by the name of the trigger."""
    altered, checkpoint_altered = _altered("IS NOT"), _checkpoint_altered("IS NOT")
    erasure_altered = _erasure_altered("IS NOT")

    def refusing(name: str, act: str, table: str, when: str, words: str) -> str:
        return (
            f"CREATE TRIGGER {name} BEFORE {act} ON {table} WHEN {when}"
            f" BEGIN SELECT RAISE(ABORT, 'audit trail: {words}'); END"
        )

    return {
        name: refusing(name, act, table, when, words)
        for name, act, table, when, words in [
            ("audit_event_unaltered", "UPDATE", "audit_event", altered, "a line is never altered"),
            ("audit_event_kept", "DELETE", "audit_event", f"NOT ({_IS_PRUNED})", "a line is never removed"),
            (
                "audit_checkpoint_unaltered",
                "UPDATE",
                "audit_checkpoint",
                checkpoint_altered,
                "a checkpoint is never altered",
            ),
            (
                "audit_checkpoint_kept",
                "DELETE",
                "audit_checkpoint",
                f"NOT ({_IS_BEFORE_PRUNED})",
                "a checkpoint is never removed",
            ),
            ("audit_erasure_unaltered", "UPDATE", "audit_erasure", erasure_altered, "an erasure is never altered"),
            ("audit_erasure_kept", "DELETE", "audit_erasure", "1", "an erasure is never removed"),
        ]
    }


def postgresql_rules() -> dict[str, list[str]]:
    """The statements for PostgreSQL by table: a function and its two triggers."""
    different = "IS DISTINCT FROM"
    return {
        "audit_event": _postgresql_rules("audit_event", "line", _altered(different), _IS_PRUNED),
        "audit_checkpoint": _postgresql_rules(
            "audit_checkpoint", "checkpoint", _checkpoint_altered(different), _IS_BEFORE_PRUNED
        ),
        "audit_erasure": _postgresql_rules("audit_erasure", "record", _erasure_altered(different), "false"),
    }


def _postgresql_rules(table: str, thing: str, altered: str, may_go: str) -> list[str]:
    def refuse(act: str) -> str:
        message = f"audit trail: a {thing} is never {act}"
        return f"RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation', MESSAGE = '{message}';"

    return [
        f"CREATE FUNCTION {table}_rules() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        f" IF TG_OP = 'UPDATE' THEN IF {altered} THEN {refuse('altered')} END IF; RETURN NEW; END IF;"
        f" IF TG_OP = 'DELETE' THEN IF NOT ({may_go}) THEN {refuse('removed')} END IF; RETURN OLD; END IF;"
        f" {refuse('removed')} END $$",
        f"CREATE TRIGGER {table}_rows BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION {table}_rules()",
        f"CREATE TRIGGER {table}_whole BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION {table}_rules()",
    ]


def missing_rules(database: Database) -> list[str]:
    """The names of the triggers that are missing, disabled or altered."""
    with database.reading() as connection:
        found = _found_on_sqlite(connection) if database.is_sqlite else _found_on_postgresql(connection)
    return [name for name, said in _wanted(is_sqlite=database.is_sqlite).items() if found.get(name) != said]


def restore_rules(database: Database, *, actor: Actor) -> list[str]:
    """Create the missing triggers again; return their names."""
    missing = missing_rules(database)
    if not missing:
        return []
    with database.transaction() as session:
        connection = session.connection()
        if database.is_sqlite:
            for name in missing:
                connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {name}")
                connection.exec_driver_sql(sqlite_rules()[name])
        else:
            for table, statements in postgresql_rules().items():
                if any(name.startswith(table) for name in missing):
                    connection.exec_driver_sql(f"DROP FUNCTION IF EXISTS {table}_rules CASCADE")  # with its triggers
                    for statement in statements:
                        connection.exec_driver_sql(statement)
        entry = AuditEntry(kind=TrailAuditKind.AUDIT_RULES_RESTORED, actor=actor, detail={"rules": missing})
        Audit(database).record(session, entry)
    return missing


def _wanted(*, is_sqlite: bool) -> dict[str, str]:
    """The expected definition of each trigger, in the form of `_found_on_...`."""
    if is_sqlite:
        return {name: _bare(statement) for name, statement in sqlite_rules().items()}
    return {
        f"{table}_{which}": _bare(statements[0].partition("$$")[2].rpartition("$$")[0])
        for table, statements in postgresql_rules().items()
        for which in ("rows", "whole")
    }


def _found_on_sqlite(connection: Connection) -> dict[str, str]:
    triggers = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"))
    return {name: _bare(statement) for name, statement in triggers}


def _found_on_postgresql(connection: Connection) -> dict[str, str]:
    """The enabled triggers with the right timing: BEFORE UPDATE or DELETE for each row, or BEFORE TRUNCATE."""
    triggers = connection.execute(
        text(
            "SELECT tgname, prosrc FROM pg_trigger JOIN pg_proc ON pg_proc.oid = tgfoid"
            " JOIN pg_class ON pg_class.oid = tgrelid AND relnamespace = current_schema()::regnamespace"
            " WHERE NOT tgisinternal AND tgenabled IN ('O', 'A')"
            " AND tgtype = CASE WHEN right(tgname, 5) = '_rows' THEN 27 ELSE 34 END"
            " AND relname = regexp_replace(tgname, '_[a-z]+$', '')"
        )
    )
    return {name: _bare(source) for name, source in triggers}


def _bare(statement: Any) -> str:
    return "".join(str(statement).replace('"', "").split())


def _make_with_tables() -> None:
    tables = {model.__tablename__: model.__table__ for model in (AuditEvent, AuditCheckpoint, AuditErasure)}
    made = [(name.rsplit("_", 1)[0], "sqlite", statement) for name, statement in sqlite_rules().items()]
    for table, statements in postgresql_rules().items():
        made += [(table, "postgresql", statement) for statement in statements]
    for table, dialect, statement in made:
        ddl = DDL(statement.replace("%", "%%"))  # type: ignore[no-untyped-call]
        event.listen(tables[table], "after_create", ddl.execute_if(dialect=dialect), propagate=True)


_make_with_tables()
