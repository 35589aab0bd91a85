"""The migrations of the identity provider's tables, run by Alembic. Each is small and reversible.

Not here: the declarations of the tables, which are in the `models.py` of each package and which `tables.py` imports
together; and the code that runs a migration, `config/sql/migrations.py`.
"""

from typing import Final

from config.sql.migrations import Migrations

MIGRATIONS: Final = Migrations("idp:migrations")
