"""What every service has: revisions, the audit trail with its seals and the rules that keep it, and the outbox."""

import sqlalchemy as sa
from alembic import op

from config.sql.declarative import UtcDateTime

revision = "0001"
down_revision = None

SQLITE = [
    (
        "CREATE TRIGGER audit_event_unaltered BEFORE UPDATE ON audit_event WHEN OLD.id IS NOT NEW.id OR OLD.at "
        "IS NOT NEW.at OR OLD.kind IS NOT NEW.kind OR OLD.account IS NOT NEW.account OR OLD.application IS NOT "
        "NEW.application OR OLD.session IS NOT NEW.session OR OLD.method IS NOT NEW.method OR OLD.actor IS NOT "
        "NEW.actor OR OLD.detail IS NOT NEW.detail OR (OLD.position IS NOT NULL AND OLD.position IS NOT "
        "NEW.position) OR (OLD.personal IS NOT NULL AND OLD.personal IS NOT NEW.personal) OR (OLD.digest IS NOT "
        "NULL AND OLD.digest IS NOT NEW.digest) OR (OLD.login IS NOT NEW.login AND NEW.login IS NOT NULL) OR "
        "(OLD.address IS NOT NEW.address AND NEW.address IS NOT NULL) OR (OLD.agent IS NOT NEW.agent AND "
        "NEW.agent IS NOT NULL) OR (OLD.salt IS NOT NEW.salt AND OLD.position IS NOT NULL AND NEW.salt IS NOT "
        "NULL) OR ((OLD.login IS NOT NEW.login OR OLD.address IS NOT NEW.address OR OLD.agent IS NOT NEW.agent "
        "OR OLD.salt IS NOT NEW.salt AND OLD.position IS NOT NULL) AND NOT EXISTS (SELECT 1 FROM audit_erasure e "
        "WHERE OLD.position BETWEEN e.first AND e.last)) BEGIN SELECT RAISE(ABORT, 'audit trail: a line is never "
        "altered'); END"
    ),
    (
        "CREATE TRIGGER audit_event_kept BEFORE DELETE ON audit_event WHEN NOT (OLD.position IS NOT NULL AND "
        "EXISTS (SELECT 1 FROM audit_checkpoint c WHERE c.pruned_at IS NOT NULL AND c.position >= OLD.position)) "
        "BEGIN SELECT RAISE(ABORT, 'audit trail: a line is never removed'); END"
    ),
    (
        "CREATE TRIGGER audit_checkpoint_unaltered BEFORE UPDATE ON audit_checkpoint WHEN OLD.position IS NOT "
        "NEW.position OR OLD.digest IS NOT NEW.digest OR OLD.at IS NOT NEW.at OR OLD.kid IS NOT NEW.kid OR "
        "OLD.signature IS NOT NEW.signature OR (OLD.pruned_at IS NOT NULL AND OLD.pruned_at IS NOT "
        "NEW.pruned_at) BEGIN SELECT RAISE(ABORT, 'audit trail: a checkpoint is never altered'); END"
    ),
    (
        "CREATE TRIGGER audit_checkpoint_kept BEFORE DELETE ON audit_checkpoint WHEN NOT (EXISTS (SELECT 1 FROM "
        "audit_checkpoint c WHERE c.pruned_at IS NOT NULL AND c.position > OLD.position)) BEGIN SELECT "
        "RAISE(ABORT, 'audit trail: a checkpoint is never removed'); END"
    ),
    (
        "CREATE TRIGGER audit_erasure_unaltered BEFORE UPDATE ON audit_erasure WHEN OLD.first IS NOT NEW.first "
        "OR OLD.last IS NOT NEW.last OR OLD.digest IS NOT NEW.digest OR OLD.at IS NOT NEW.at OR OLD.kid IS NOT "
        "NEW.kid OR OLD.signature IS NOT NEW.signature BEGIN SELECT RAISE(ABORT, 'audit trail: an erasure is "
        "never altered'); END"
    ),
    (
        "CREATE TRIGGER audit_erasure_kept BEFORE DELETE ON audit_erasure WHEN 1 BEGIN SELECT RAISE(ABORT, "
        "'audit trail: an erasure is never removed'); END"
    ),
]
POSTGRESQL = [
    (
        "CREATE FUNCTION audit_event_rules() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TG_OP = 'UPDATE' "
        "THEN IF OLD.id IS DISTINCT FROM NEW.id OR OLD.at IS DISTINCT FROM NEW.at OR OLD.kind IS DISTINCT FROM "
        "NEW.kind OR OLD.account IS DISTINCT FROM NEW.account OR OLD.application IS DISTINCT FROM "
        "NEW.application OR OLD.session IS DISTINCT FROM NEW.session OR OLD.method IS DISTINCT FROM NEW.method "
        "OR OLD.actor IS DISTINCT FROM NEW.actor OR OLD.detail IS DISTINCT FROM NEW.detail OR (OLD.position IS "
        "NOT NULL AND OLD.position IS DISTINCT FROM NEW.position) OR (OLD.personal IS NOT NULL AND OLD.personal "
        "IS DISTINCT FROM NEW.personal) OR (OLD.digest IS NOT NULL AND OLD.digest IS DISTINCT FROM NEW.digest) "
        "OR (OLD.login IS DISTINCT FROM NEW.login AND NEW.login IS NOT NULL) OR (OLD.address IS DISTINCT FROM "
        "NEW.address AND NEW.address IS NOT NULL) OR (OLD.agent IS DISTINCT FROM NEW.agent AND NEW.agent IS NOT "
        "NULL) OR (OLD.salt IS DISTINCT FROM NEW.salt AND OLD.position IS NOT NULL AND NEW.salt IS NOT NULL) OR "
        "((OLD.login IS DISTINCT FROM NEW.login OR OLD.address IS DISTINCT FROM NEW.address OR OLD.agent IS "
        "DISTINCT FROM NEW.agent OR OLD.salt IS DISTINCT FROM NEW.salt AND OLD.position IS NOT NULL) AND NOT "
        "EXISTS (SELECT 1 FROM audit_erasure e WHERE OLD.position BETWEEN e.first AND e.last)) THEN RAISE "
        "EXCEPTION USING ERRCODE = 'integrity_constraint_violation', MESSAGE = 'audit trail: a line is never "
        "altered'; END IF; RETURN NEW; END IF; IF TG_OP = 'DELETE' THEN IF NOT (OLD.position IS NOT NULL AND "
        "EXISTS (SELECT 1 FROM audit_checkpoint c WHERE c.pruned_at IS NOT NULL AND c.position >= OLD.position)) "
        "THEN RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation', MESSAGE = 'audit trail: a line "
        "is never removed'; END IF; RETURN OLD; END IF; RAISE EXCEPTION USING ERRCODE = "
        "'integrity_constraint_violation', MESSAGE = 'audit trail: a line is never removed'; END $$"
    ),
    (
        "CREATE TRIGGER audit_event_rows BEFORE UPDATE OR DELETE ON audit_event FOR EACH ROW EXECUTE FUNCTION "
        "audit_event_rules()"
    ),
    (
        "CREATE TRIGGER audit_event_whole BEFORE TRUNCATE ON audit_event FOR EACH STATEMENT EXECUTE FUNCTION "
        "audit_event_rules()"
    ),
    (
        "CREATE FUNCTION audit_checkpoint_rules() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TG_OP = "
        "'UPDATE' THEN IF OLD.position IS DISTINCT FROM NEW.position OR OLD.digest IS DISTINCT FROM NEW.digest "
        "OR OLD.at IS DISTINCT FROM NEW.at OR OLD.kid IS DISTINCT FROM NEW.kid OR OLD.signature IS DISTINCT FROM "
        "NEW.signature OR (OLD.pruned_at IS NOT NULL AND OLD.pruned_at IS DISTINCT FROM NEW.pruned_at) THEN "
        "RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation', MESSAGE = 'audit trail: a checkpoint "
        "is never altered'; END IF; RETURN NEW; END IF; IF TG_OP = 'DELETE' THEN IF NOT (EXISTS (SELECT 1 FROM "
        "audit_checkpoint c WHERE c.pruned_at IS NOT NULL AND c.position > OLD.position)) THEN RAISE EXCEPTION "
        "USING ERRCODE = 'integrity_constraint_violation', MESSAGE = 'audit trail: a checkpoint is never "
        "removed'; END IF; RETURN OLD; END IF; RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation', "
        "MESSAGE = 'audit trail: a checkpoint is never removed'; END $$"
    ),
    (
        "CREATE TRIGGER audit_checkpoint_rows BEFORE UPDATE OR DELETE ON audit_checkpoint FOR EACH ROW EXECUTE "
        "FUNCTION audit_checkpoint_rules()"
    ),
    (
        "CREATE TRIGGER audit_checkpoint_whole BEFORE TRUNCATE ON audit_checkpoint FOR EACH STATEMENT EXECUTE "
        "FUNCTION audit_checkpoint_rules()"
    ),
    (
        "CREATE FUNCTION audit_erasure_rules() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TG_OP = 'UPDATE' "
        "THEN IF OLD.first IS DISTINCT FROM NEW.first OR OLD.last IS DISTINCT FROM NEW.last OR OLD.digest IS "
        "DISTINCT FROM NEW.digest OR OLD.at IS DISTINCT FROM NEW.at OR OLD.kid IS DISTINCT FROM NEW.kid OR "
        "OLD.signature IS DISTINCT FROM NEW.signature THEN RAISE EXCEPTION USING ERRCODE = "
        "'integrity_constraint_violation', MESSAGE = 'audit trail: a record is never altered'; END IF; RETURN "
        "NEW; END IF; IF TG_OP = 'DELETE' THEN IF NOT (false) THEN RAISE EXCEPTION USING ERRCODE = "
        "'integrity_constraint_violation', MESSAGE = 'audit trail: a record is never removed'; END IF; RETURN "
        "OLD; END IF; RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation', MESSAGE = 'audit trail: "
        "a record is never removed'; END $$"
    ),
    (
        "CREATE TRIGGER audit_erasure_rows BEFORE UPDATE OR DELETE ON audit_erasure FOR EACH ROW EXECUTE "
        "FUNCTION audit_erasure_rules()"
    ),
    (
        "CREATE TRIGGER audit_erasure_whole BEFORE TRUNCATE ON audit_erasure FOR EACH STATEMENT EXECUTE FUNCTION "
        "audit_erasure_rules()"
    ),
]


def upgrade() -> None:
    _create_revisions()
    _create_audit_trail()
    _create_jobs()


def downgrade() -> None:
    op.drop_table("job")
    for table in ("audit_erasure", "audit_event", "audit_checkpoint"):
        op.drop_table(table)
        if not _is_sqlite():
            op.execute(f"DROP FUNCTION {table}_rules")
    op.drop_table("revision_change")
    op.drop_table("revision")


def _create_revisions() -> None:
    op.create_table(
        "revision",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_revision")),
    )
    op.create_table(
        "revision_change",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("concerned", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("name", "number", "concerned", name=op.f("pk_revision_change")),
    )


def _create_audit_trail() -> None:
    op.create_table(
        "audit_checkpoint",
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("kid", sa.Text(), nullable=False),
        sa.Column("signature", sa.Text(), nullable=False),
        sa.Column("pruned_at", UtcDateTime(), nullable=True),
        sa.Column("pruned_kid", sa.Text(), nullable=True),
        sa.Column("pruned_signature", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_audit_checkpoint")),
    )
    op.create_table(
        "audit_event",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=True),
        sa.Column("application", sa.Text(), nullable=True),
        sa.Column("session", sa.Text(), nullable=True),
        sa.Column("method", sa.Text(), nullable=True),
        sa.Column("actor", sa.Text(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("login", sa.Text(), nullable=True),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("agent", sa.Text(), nullable=True),
        sa.Column("position", sa.BigInteger(), nullable=True),
        sa.Column("salt", sa.Text(), nullable=True),
        sa.Column("personal", sa.Text(), nullable=True),
        sa.Column("digest", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_event")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_audit_event_account"), "audit_event", ["account"], unique=False)
    op.create_index(op.f("ix_audit_event_at"), "audit_event", ["at"], unique=False)
    op.create_index(op.f("ix_audit_event_login"), "audit_event", ["login"], unique=False)
    op.create_index(op.f("ix_audit_event_position"), "audit_event", ["position"], unique=True)
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
    for rule in SQLITE if _is_sqlite() else POSTGRESQL:
        op.get_bind().exec_driver_sql(rule)


def _create_jobs() -> None:
    op.create_table(
        "job",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("added_at", UtcDateTime(), nullable=False),
        sa.Column("run_after", UtcDateTime(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("lease", sa.Text(), nullable=True),
        sa.Column("leased_until", UtcDateTime(), nullable=True),
        sa.Column("given_up_at", UtcDateTime(), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job")),
    )
    op.create_index(op.f("ix_job_run_after"), "job", ["run_after"], unique=False)


def _is_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"
