"""The history of the enrollment service's tables (Alembic): small, reversible, one idea each.

The tables as they are now are declared where they are used (`models.py` of each package); `tables` imports them
all. What runs a migration is in `config/sql/migrations.py`.
"""

from typing import Final

from config.sql.migrations import Migrations

MIGRATIONS: Final = Migrations("enrollment:migrations")
