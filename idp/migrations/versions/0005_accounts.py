"""Accounts, their passwords, their subject identifiers and their entitlements to applications."""

import sqlalchemy as sa
from alembic import op

from config.sql.declarative import UtcDateTime

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "account",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("login", sa.String(length=64), nullable=False),
        sa.Column("given_name", sa.String(length=120), nullable=False),
        sa.Column("family_name", sa.String(length=120), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("profession", sa.String(length=8), nullable=True),
        sa.Column("national_id", sa.String(length=64), nullable=True),
        sa.Column("national_id_proof", sa.String(length=16), nullable=True),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("disabled_at", UtcDateTime(), nullable=True),
        sa.Column("valid_from", UtcDateTime(), nullable=False),
        sa.CheckConstraint(
            "(national_id IS NULL) = (national_id_proof IS NULL)", name=op.f("ck_account_national_id_has_its_proof")
        ),
        sa.CheckConstraint("login = lower(login)", name=op.f("ck_account_login_in_small_letters")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("login", name=op.f("uq_account_login")),
    )
    op.create_index(op.f("ix_account_email"), "account", ["email"], unique=False)
    op.create_index(
        "ix_account_proven_national_id",
        "account",
        ["national_id"],
        unique=True,
        sqlite_where=sa.text("national_id_proof <> 'typed'"),
        postgresql_where=sa.text("national_id_proof <> 'typed'"),
    )
    op.create_table(
        "entitlement",
        sa.Column("account_id", sa.String(length=32), nullable=False),
        sa.Column("application", sa.String(length=255), nullable=False),
        sa.Column("granted_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_entitlement_account_id_account")),
        sa.PrimaryKeyConstraint("account_id", "application", name=op.f("pk_entitlement")),
    )
    op.create_table(
        "password_credential",
        sa.Column("account_id", sa.String(length=32), nullable=False),
        sa.Column("hash", sa.String(length=256), nullable=False),
        sa.Column("set_at", UtcDateTime(), nullable=False),
        sa.Column("must_change", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_password_credential_account_id_account")),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_password_credential")),
    )
    op.create_table(
        "past_password",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.String(length=32), nullable=False),
        sa.Column("hash", sa.String(length=256), nullable=False),
        sa.Column("replaced_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_past_password_account_id_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_past_password")),
    )
    op.create_index(op.f("ix_past_password_account_id"), "past_password", ["account_id"], unique=False)
    op.create_table(
        "subject",
        sa.Column("sub", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.String(length=32), nullable=False),
        sa.Column("sector", sa.String(length=255), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_subject_account_id_account")),
        sa.PrimaryKeyConstraint("sub", name=op.f("pk_subject")),
        sa.UniqueConstraint("account_id", "sector", name=op.f("uq_subject_account_id_sector")),
    )


def downgrade() -> None:
    op.drop_table("subject")
    op.drop_table("past_password")
    op.drop_table("password_credential")
    op.drop_table("entitlement")
    op.drop_table("account")
