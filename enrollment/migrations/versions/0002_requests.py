"""Requests: the person, the parts and their votes, history, notes, links, invitations, rules, and the outbox."""

import sqlalchemy as sa
from alembic import op

from config.sql.declarative import UtcDateTime

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "approval_rule",
        sa.Column("part_kind", sa.String(length=16), nullable=False),
        sa.Column("part_name", sa.String(length=255), nullable=False),
        sa.Column("approvers", sa.Integer(), nullable=False),
        sa.Column("remind_after_days", sa.Integer(), nullable=True),
        sa.Column("escalate_after_days", sa.Integer(), nullable=True),
        sa.Column("lapse_after_days", sa.Integer(), nullable=True),
        sa.CheckConstraint("approvers >= 0", name=op.f("ck_approval_rule_approvers_not_negative")),
        sa.PrimaryKeyConstraint("part_kind", "part_name", name=op.f("pk_approval_rule")),
    )
    op.create_table(
        "invitation",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("given_name", sa.String(length=120), nullable=False),
        sa.Column("family_name", sa.String(length=120), nullable=False),
        sa.Column("approved", sa.JSON(), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("ends_at", UtcDateTime(), nullable=False),
        sa.Column("operator_sub", sa.String(length=255), nullable=False),
        sa.Column("operator_name", sa.String(length=240), nullable=False),
        sa.Column("used_at", UtcDateTime(), nullable=True),
        sa.Column("withdrawn_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitation")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_invitation_token_hash")),
    )
    op.create_index(op.f("ix_invitation_email"), "invitation", ["email"], unique=False)
    op.create_table(
        "reference_counter",
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("year", name=op.f("pk_reference_counter")),
    )
    op.create_table(
        "enrollment_request",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("reference", sa.String(length=20), nullable=True),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.Column("submitted_at", UtcDateTime(), nullable=True),
        sa.Column("email_verified_at", UtcDateTime(), nullable=True),
        sa.Column("decided_at", UtcDateTime(), nullable=True),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.Column("erased_at", UtcDateTime(), nullable=True),
        sa.Column("target_application", sa.String(length=255), nullable=True),
        sa.Column("conditions_version", sa.String(length=32), nullable=True),
        sa.Column("conditions_language", sa.String(length=2), nullable=True),
        sa.Column("conditions_accepted_at", UtcDateTime(), nullable=True),
        sa.Column("account_subject", sa.String(length=255), nullable=True),
        sa.Column("invitation_id", sa.String(length=32), nullable=True),
        sa.Column("source_network", sa.String(length=64), nullable=False),
        sa.Column("browser_key_hash", sa.String(length=64), nullable=True),
        sa.Column("assigned_to", sa.String(length=255), nullable=True),
        sa.Column("assigned_name", sa.String(length=240), nullable=False),
        sa.Column("assigned_at", UtcDateTime(), nullable=True),
        sa.Column("reminded_at", UtcDateTime(), nullable=True),
        sa.Column("reminders", sa.Integer(), nullable=False),
        sa.Column("escalated_at", UtcDateTime(), nullable=True),
        sa.Column("existing_account", sa.String(length=64), nullable=True),
        sa.Column("rpps", sa.String(length=32), nullable=False),
        sa.Column("adeli", sa.String(length=16), nullable=False),
        sa.Column("profession", sa.String(length=8), nullable=False),
        sa.Column("title", sa.String(length=8), nullable=False),
        sa.Column("civility", sa.String(length=8), nullable=False),
        sa.Column("family_name", sa.String(length=120), nullable=False),
        sa.Column("given_name", sa.String(length=120), nullable=False),
        sa.Column("birth_name", sa.String(length=120), nullable=False),
        sa.Column("folded_name", sa.String(length=370), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("street", sa.String(length=200), nullable=False),
        sa.Column("po_box", sa.String(length=60), nullable=False),
        sa.Column("postcode", sa.String(length=12), nullable=False),
        sa.Column("town", sa.String(length=120), nullable=False),
        sa.Column("cedex", sa.String(length=60), nullable=False),
        sa.Column("department", sa.String(length=3), nullable=False),
        sa.Column("telephone", sa.String(length=20), nullable=False),
        sa.Column("emergency_telephone", sa.String(length=20), nullable=False),
        sa.Column("mobile", sa.String(length=20), nullable=False),
        sa.Column("fax", sa.String(length=20), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("confidentiality", sa.String(length=16), nullable=False),
        sa.Column("filled_by", sa.JSON(), nullable=False),
        sa.Column("card_identity", sa.JSON(none_as_null=True), nullable=True),
        sa.CheckConstraint(
            "state = 'draft' OR reference IS NOT NULL", name=op.f("ck_enrollment_request_has_a_reference_once_sent")
        ),
        sa.ForeignKeyConstraint(
            ["invitation_id"],
            ["invitation.id"],
            name=op.f("fk_enrollment_request_invitation_id_invitation"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enrollment_request")),
        sa.UniqueConstraint("browser_key_hash", name=op.f("uq_enrollment_request_browser_key_hash")),
        sa.UniqueConstraint("reference", name=op.f("uq_enrollment_request_reference")),
    )
    op.create_index(
        op.f("ix_enrollment_request_account_subject"), "enrollment_request", ["account_subject"], unique=False
    )
    op.create_index(op.f("ix_enrollment_request_assigned_to"), "enrollment_request", ["assigned_to"], unique=False)
    op.create_index(op.f("ix_enrollment_request_closed_at"), "enrollment_request", ["closed_at"], unique=False)
    op.create_index(op.f("ix_enrollment_request_email"), "enrollment_request", ["email"], unique=False)
    op.create_index(op.f("ix_enrollment_request_folded_name"), "enrollment_request", ["folded_name"], unique=False)
    op.create_index(op.f("ix_enrollment_request_rpps"), "enrollment_request", ["rpps"], unique=False)
    op.create_index(
        op.f("ix_enrollment_request_submitted_at_id_state_folded_name"),
        "enrollment_request",
        ["submitted_at", "id", "state", "folded_name"],
        unique=False,
    )
    op.create_index(
        op.f("ix_enrollment_request_state_submitted_at_id"),
        "enrollment_request",
        ["state", "submitted_at", "id"],
        unique=False,
    )
    op.create_table(
        "more_asked",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("request_id", sa.String(length=32), nullable=False),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("words", sa.String(length=2000), nullable=False),
        sa.Column("operator_sub", sa.String(length=255), nullable=False),
        sa.Column("operator_name", sa.String(length=240), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("answer_by", UtcDateTime(), nullable=False),
        sa.Column("answered_at", UtcDateTime(), nullable=True),
        sa.Column("answer", sa.String(length=2000), nullable=False),
        sa.ForeignKeyConstraint(
            ["request_id"],
            ["enrollment_request.id"],
            name=op.f("fk_more_asked_request_id_enrollment_request"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_more_asked")),
    )
    op.create_index(op.f("ix_more_asked_request_id"), "more_asked", ["request_id"], unique=False)
    op.create_table(
        "outbox",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("request_id", sa.String(length=32), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("delivered_at", UtcDateTime(), nullable=True),
        sa.Column("refused_at", UtcDateTime(), nullable=True),
        sa.Column("result", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.String(length=200), nullable=True),
        sa.ForeignKeyConstraint(
            ["request_id"],
            ["enrollment_request.id"],
            name=op.f("fk_outbox_request_id_enrollment_request"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("request_id", "sequence", name=op.f("uq_outbox_request_id_sequence")),
    )
    op.create_index(op.f("ix_outbox_delivered_at"), "outbox", ["delivered_at"], unique=False)
    op.create_table(
        "request_event",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("request_id", sa.String(length=32), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("actor", sa.String(length=255), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["request_id"],
            ["enrollment_request.id"],
            name=op.f("fk_request_event_request_id_enrollment_request"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_request_event")),
    )
    op.create_index(op.f("ix_request_event_request_id"), "request_event", ["request_id"], unique=False)
    op.create_table(
        "request_link",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("request_id", sa.String(length=32), nullable=False),
        sa.Column("purpose", sa.String(length=16), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("ends_at", UtcDateTime(), nullable=True),
        sa.Column("used_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["request_id"],
            ["enrollment_request.id"],
            name=op.f("fk_request_link_request_id_enrollment_request"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_request_link")),
    )
    op.create_index(op.f("ix_request_link_request_id"), "request_link", ["request_id"], unique=False)
    op.create_table(
        "request_note",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("request_id", sa.String(length=32), nullable=False),
        sa.Column("audience", sa.String(length=16), nullable=False),
        sa.Column("text", sa.String(length=4000), nullable=False),
        sa.Column("operator_sub", sa.String(length=255), nullable=False),
        sa.Column("operator_name", sa.String(length=240), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["request_id"],
            ["enrollment_request.id"],
            name=op.f("fk_request_note_request_id_enrollment_request"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_request_note")),
    )
    op.create_index(op.f("ix_request_note_request_id"), "request_note", ["request_id"], unique=False)
    op.create_table(
        "request_part",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("request_id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("wanted_role", sa.String(length=64), nullable=True),
        sa.Column("wanted_until", UtcDateTime(), nullable=True),
        sa.Column("decision", sa.String(length=16), nullable=False),
        sa.Column("refusal_code", sa.String(length=64), nullable=True),
        sa.Column("refusal_words", sa.String(length=2000), nullable=False),
        sa.Column("role", sa.String(length=64), nullable=True),
        sa.Column("starts_at", UtcDateTime(), nullable=True),
        sa.Column("ends_at", UtcDateTime(), nullable=True),
        sa.Column("decided_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["request_id"],
            ["enrollment_request.id"],
            name=op.f("fk_request_part_request_id_enrollment_request"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_request_part")),
        sa.UniqueConstraint("request_id", "kind", "name", name=op.f("uq_request_part_request_id_kind_name")),
    )
    op.create_index(
        op.f("ix_request_part_kind_name_decision"), "request_part", ["kind", "name", "decision"], unique=False
    )
    op.create_table(
        "part_vote",
        sa.Column("part_id", sa.String(length=32), nullable=False),
        sa.Column("operator_sub", sa.String(length=255), nullable=False),
        sa.Column("operator_name", sa.String(length=240), nullable=False),
        sa.Column("vote", sa.String(length=16), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["part_id"], ["request_part.id"], name=op.f("fk_part_vote_part_id_request_part"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("part_id", "operator_sub", name=op.f("pk_part_vote")),
    )


def downgrade() -> None:
    op.drop_table("part_vote")
    op.drop_table("request_part")
    op.drop_table("request_note")
    op.drop_table("request_link")
    op.drop_table("request_event")
    op.drop_table("outbox")
    op.drop_table("more_asked")
    op.drop_table("enrollment_request")
    op.drop_table("reference_counter")
    op.drop_table("invitation")
    op.drop_table("approval_rule")
