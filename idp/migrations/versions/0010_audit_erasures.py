"""Each erasure of the audit trail has a signed record; the triggers require it before personal data is erased."""

from importlib import import_module

import sqlalchemy as sa
from alembic import op

from config.sql.declarative import UtcDateTime

revision = "0010"
down_revision = "0009"

SQLITE = [
    (
        "CREATE TRIGGER audit_event_unaltered BEFORE UPDATE ON audit_event WHEN OLD.id IS NOT NEW.id OR "
        "OLD.at IS NOT NEW.at OR OLD.kind IS NOT NEW.kind OR OLD.account IS NOT NEW.account OR "
        "OLD.application IS NOT NEW.application OR OLD.session IS NOT NEW.session OR OLD.method IS NOT "
        "NEW.method OR OLD.actor IS NOT NEW.actor OR OLD.detail IS NOT NEW.detail OR (OLD.position IS NOT "
        "NULL AND OLD.position IS NOT NEW.position) OR (OLD.personal IS NOT NULL AND OLD.personal IS NOT "
        "NEW.personal) OR (OLD.digest IS NOT NULL AND OLD.digest IS NOT NEW.digest) OR (OLD.login IS NOT "
        "NEW.login AND NEW.login IS NOT NULL) OR (OLD.address IS NOT NEW.address AND NEW.address IS NOT NULL)"
        " OR (OLD.agent IS NOT NEW.agent AND NEW.agent IS NOT NULL) OR (OLD.salt IS NOT NEW.salt AND "
        "OLD.position IS NOT NULL AND NEW.salt IS NOT NULL) OR ((OLD.login IS NOT NEW.login OR OLD.address IS"
        " NOT NEW.address OR OLD.agent IS NOT NEW.agent OR OLD.salt IS NOT NEW.salt AND OLD.position IS NOT "
        "NULL) AND NOT EXISTS (SELECT 1 FROM audit_erasure e WHERE OLD.position BETWEEN e.first AND e.last)) "
        "BEGIN SELECT RAISE(ABORT, 'audit trail: a line is never altered'); END"
    ),
    (
        "CREATE TRIGGER audit_erasure_unaltered BEFORE UPDATE ON audit_erasure WHEN OLD.first IS NOT "
        "NEW.first OR OLD.last IS NOT NEW.last OR OLD.digest IS NOT NEW.digest OR OLD.at IS NOT NEW.at OR "
        "OLD.kid IS NOT NEW.kid OR OLD.signature IS NOT NEW.signature BEGIN SELECT RAISE(ABORT, 'audit trail:"
        " an erasure is never altered'); END"
    ),
    (
        "CREATE TRIGGER audit_erasure_kept BEFORE DELETE ON audit_erasure WHEN 1 BEGIN SELECT RAISE(ABORT, "
        "'audit trail: an erasure is never removed'); END"
    ),
]
POSTGRESQL = [
    (
        "CREATE OR REPLACE FUNCTION audit_event_rules() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TG_OP"
        " = 'UPDATE' THEN IF OLD.id IS DISTINCT FROM NEW.id OR OLD.at IS DISTINCT FROM NEW.at OR OLD.kind IS "
        "DISTINCT FROM NEW.kind OR OLD.account IS DISTINCT FROM NEW.account OR OLD.application IS DISTINCT "
        "FROM NEW.application OR OLD.session IS DISTINCT FROM NEW.session OR OLD.method IS DISTINCT FROM "
        "NEW.method OR OLD.actor IS DISTINCT FROM NEW.actor OR OLD.detail IS DISTINCT FROM NEW.detail OR "
        "(OLD.position IS NOT NULL AND OLD.position IS DISTINCT FROM NEW.position) OR (OLD.personal IS NOT "
        "NULL AND OLD.personal IS DISTINCT FROM NEW.personal) OR (OLD.digest IS NOT NULL AND OLD.digest IS "
        "DISTINCT FROM NEW.digest) OR (OLD.login IS DISTINCT FROM NEW.login AND NEW.login IS NOT NULL) OR "
        "(OLD.address IS DISTINCT FROM NEW.address AND NEW.address IS NOT NULL) OR (OLD.agent IS DISTINCT "
        "FROM NEW.agent AND NEW.agent IS NOT NULL) OR (OLD.salt IS DISTINCT FROM NEW.salt AND OLD.position IS"
        " NOT NULL AND NEW.salt IS NOT NULL) OR ((OLD.login IS DISTINCT FROM NEW.login OR OLD.address IS "
        "DISTINCT FROM NEW.address OR OLD.agent IS DISTINCT FROM NEW.agent OR OLD.salt IS DISTINCT FROM "
        "NEW.salt AND OLD.position IS NOT NULL) AND NOT EXISTS (SELECT 1 FROM audit_erasure e WHERE "
        "OLD.position BETWEEN e.first AND e.last)) THEN RAISE EXCEPTION USING ERRCODE = "
        "'integrity_constraint_violation', MESSAGE = 'audit trail: a line is never altered'; END IF; RETURN "
        "NEW; END IF; IF TG_OP = 'DELETE' THEN IF NOT (OLD.position IS NOT NULL AND EXISTS (SELECT 1 FROM "
        "audit_checkpoint c WHERE c.pruned_at IS NOT NULL AND c.position >= OLD.position)) THEN RAISE "
        "EXCEPTION USING ERRCODE = 'integrity_constraint_violation', MESSAGE = 'audit trail: a line is never "
        "removed'; END IF; RETURN OLD; END IF; RAISE EXCEPTION USING ERRCODE = "
        "'integrity_constraint_violation', MESSAGE = 'audit trail: a line is never removed'; END $$"
    ),
    (
        "CREATE FUNCTION audit_erasure_rules() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TG_OP = "
        "'UPDATE' THEN IF OLD.first IS DISTINCT FROM NEW.first OR OLD.last IS DISTINCT FROM NEW.last OR "
        "OLD.digest IS DISTINCT FROM NEW.digest OR OLD.at IS DISTINCT FROM NEW.at OR OLD.kid IS DISTINCT FROM"
        " NEW.kid OR OLD.signature IS DISTINCT FROM NEW.signature THEN RAISE EXCEPTION USING ERRCODE = "
        "'integrity_constraint_violation', MESSAGE = 'audit trail: a record is never altered'; END IF; RETURN"
        " NEW; END IF; IF TG_OP = 'DELETE' THEN IF NOT (false) THEN RAISE EXCEPTION USING ERRCODE = "
        "'integrity_constraint_violation', MESSAGE = 'audit trail: a record is never removed'; END IF; RETURN"
        " OLD; END IF; RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation', MESSAGE = 'audit "
        "trail: a record is never removed'; END $$"
    ),
    (
        "CREATE TRIGGER audit_erasure_rows BEFORE UPDATE OR DELETE ON audit_erasure FOR EACH ROW EXECUTE "
        "FUNCTION audit_erasure_rules()"
    ),
    (
        "CREATE TRIGGER audit_erasure_whole BEFORE TRUNCATE ON audit_erasure FOR EACH STATEMENT EXECUTE "
        "FUNCTION audit_erasure_rules()"
    ),
]


def upgrade() -> None:
    op.create_table(
        "audit_erasure",
        sa.Column("first", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("kid", sa.Text(), nullable=False),
        sa.Column("signature", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("first", name=op.f("pk_audit_erasure")),
    )
    if _is_sqlite():
        op.execute("DROP TRIGGER IF EXISTS audit_event_unaltered")
    for rule in SQLITE if _is_sqlite() else POSTGRESQL:
        op.get_bind().exec_driver_sql(rule)


def downgrade() -> None:
    before = import_module("idp.migrations.versions.0002_audit_trail")
    if _is_sqlite():
        op.execute("DROP TRIGGER IF EXISTS audit_event_unaltered")
        op.get_bind().exec_driver_sql(before.SQLITE[0])
    else:
        op.get_bind().exec_driver_sql(before.POSTGRESQL[0].replace("CREATE", "CREATE OR REPLACE", 1))
    op.drop_table("audit_erasure")
    if not _is_sqlite():
        op.execute("DROP FUNCTION audit_erasure_rules")


def _is_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"
