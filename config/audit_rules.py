"""The rules the database itself keeps of the audit trail: lines are added, and nothing else.

A line's words never change; the sealer's columns are given once; login, address
and agent can be emptied, once sealed, together with their salt; lines go only
up to a checkpoint marked as pruned. The same on SQLite and PostgreSQL, made with
the tables and again by the first migration.
"""

from sqlalchemy import DDL, event

from config.audit import AuditEvent
from config.audit_seal import AuditCheckpoint

_NEVER_CHANGES = ("id", "at", "kind", "account", "application", "session", "method", "actor", "detail")
_GIVEN_ONCE = ("position", "personal", "digest")
_PERSONAL = ("login", "address", "agent")
_CHECKPOINT_NEVER_CHANGES = ("position", "digest", "at", "kid", "signature")

_IS_PRUNED = (
    "OLD.position IS NOT NULL AND EXISTS"
    " (SELECT 1 FROM audit_checkpoint c WHERE c.pruned_at IS NOT NULL AND c.position >= OLD.position)"
)
_IS_BEFORE_PRUNED = (
    "EXISTS (SELECT 1 FROM audit_checkpoint c WHERE c.pruned_at IS NOT NULL AND c.position > OLD.position)"
)


def _altered(differs: str) -> str:
    """When an update of a line is refused; `differs` is how the database says "is not the same, NULL included"."""
    changed = [f"OLD.{name} {differs} NEW.{name}" for name in _NEVER_CHANGES]
    given_again = [f"(OLD.{name} IS NOT NULL AND OLD.{name} {differs} NEW.{name})" for name in _GIVEN_ONCE]
    replaced = [
        f"(OLD.{name} {differs} NEW.{name} AND (NEW.{name} IS NOT NULL OR OLD.position IS NULL))" for name in _PERSONAL
    ]
    salted_again = f"(OLD.salt {differs} NEW.salt AND OLD.position IS NOT NULL AND NEW.salt IS NOT NULL)"
    return " OR ".join([*changed, *given_again, *replaced, salted_again])


def _checkpoint_altered(differs: str) -> str:
    changed = [f"OLD.{name} {differs} NEW.{name}" for name in _CHECKPOINT_NEVER_CHANGES]
    return " OR ".join([*changed, f"(OLD.pruned_at IS NOT NULL AND OLD.pruned_at {differs} NEW.pruned_at)"])


def sqlite_rules() -> dict[str, str]:
    """Name -> CREATE TRIGGER, for SQLite."""
    altered, checkpoint_altered = _altered("IS NOT"), _checkpoint_altered("IS NOT")

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
        ]
    }


def postgresql_rules() -> dict[str, list[str]]:
    """Table -> the statements for PostgreSQL: a function and its two triggers."""
    different = "IS DISTINCT FROM"
    return {
        "audit_event": _postgresql_rules("audit_event", "line", _altered(different), _IS_PRUNED),
        "audit_checkpoint": _postgresql_rules(
            "audit_checkpoint", "checkpoint", _checkpoint_altered(different), _IS_BEFORE_PRUNED
        ),
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


def _make_with_tables() -> None:
    tables = {"audit_event": AuditEvent.__table__, "audit_checkpoint": AuditCheckpoint.__table__}
    made = [(name.rsplit("_", 1)[0], "sqlite", statement) for name, statement in sqlite_rules().items()]
    for table, statements in postgresql_rules().items():
        made += [(table, "postgresql", statement) for statement in statements]
    for table, dialect, statement in made:
        ddl = DDL(statement.replace("%", "%%"))  # type: ignore[no-untyped-call]
        event.listen(tables[table], "after_create", ddl.execute_if(dialect=dialect))


_make_with_tables()
