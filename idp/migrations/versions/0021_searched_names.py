"""The names of accounts as they are compared with those of a request."""

import sqlalchemy as sa
from alembic import op

from config.reference.names import folded

revision = "0021"
down_revision = "0020"

_ACCOUNT = sa.table(
    "account",
    sa.column("id", sa.String),
    sa.column("given_name", sa.String),
    sa.column("family_name", sa.String),
    sa.column("birth_name", sa.String),
    sa.column("searched_name", sa.String),
    sa.column("searched_birth_name", sa.String),
)
_AT_ONCE = 1_000


def upgrade() -> None:
    for column in ("searched_name", "searched_birth_name"):
        op.add_column("account", sa.Column(column, sa.String(length=500), nullable=True))
        op.create_index(op.f(f"ix_account_{column}"), "account", [column], unique=False)
    op.create_index(op.f("ix_account_national_id"), "account", ["national_id"], unique=False)
    after = ""
    while rows := _page(after):
        after = rows[-1].id
        op.get_bind().execute(
            sa.update(_ACCOUNT)
            .where(_ACCOUNT.c.id == sa.bindparam("account"))
            .values(searched_name=sa.bindparam("name"), searched_birth_name=sa.bindparam("birth_name_searched")),
            [
                {
                    "account": row.id,
                    "name": _searched(row.given_name, row.family_name),
                    "birth_name_searched": _searched(row.given_name, row.birth_name) if row.birth_name else None,
                }
                for row in rows
            ],
        )


def downgrade() -> None:
    op.drop_index(op.f("ix_account_national_id"), "account")
    for column in ("searched_birth_name", "searched_name"):
        op.drop_index(op.f(f"ix_account_{column}"), "account")
        op.drop_column("account", column)


def _page(after: str) -> list[sa.Row[tuple[str, ...]]]:
    statement = sa.select(_ACCOUNT).where(_ACCOUNT.c.id > after).order_by(_ACCOUNT.c.id).limit(_AT_ONCE)
    return list(op.get_bind().execute(statement).all())


def _searched(given_name: str, surname: str) -> str:
    return f"{folded(given_name)} {folded(surname)}"
