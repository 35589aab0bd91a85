"""Registrations have the fields `login_button`, `signed_parts`, `form_action_origins` and `automatic_key_update`.

They had other names before. No released version reads the former names, so they are not kept.
"""

from collections.abc import Mapping

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"

COLUMNS = {"towards_fr": "login_button_fr", "towards_en": "login_button_en"}
TERMS = {
    "signs": "signed_parts",
    "continues_at": "form_action_origins",
    "follows_our_metadata": "automatic_key_update",
}
_PROVIDER = sa.table("saml_service_provider", sa.column("relying_party_id", sa.String), sa.column("terms", sa.JSON))


def upgrade() -> None:
    _rename(COLUMNS, TERMS)


def downgrade() -> None:
    _rename(_inverted(COLUMNS), _inverted(TERMS))


def _rename(columns: Mapping[str, str], terms: Mapping[str, str]) -> None:
    for before, after in columns.items():
        op.alter_column("relying_party", before, new_column_name=after)
    update = (
        sa.update(_PROVIDER)
        .where(_PROVIDER.c.relying_party_id == sa.bindparam("provider"))
        .values(terms=sa.bindparam("renamed"))
    )
    rows = op.get_bind().execute(sa.select(_PROVIDER)).all()
    renamed = [
        {"provider": row.relying_party_id, "renamed": {terms.get(name, name): term for name, term in row.terms.items()}}
        for row in rows
    ]
    if renamed:
        op.get_bind().execute(update, renamed)


def _inverted(names: Mapping[str, str]) -> dict[str, str]:
    return {after: before for before, after in names.items()}
