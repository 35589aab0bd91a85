"""The history of the identity provider's tables (Alembic): small, reversible, one idea each."""

from typing import Final

from config.sql.migrations import Migrations

MIGRATIONS: Final = Migrations("idp:migrations")
