"""Alembic runs migrations on the connection that `config.sql.migrations` has locked, in its transaction."""

from alembic import context

from idp.migrations.tables import metadata

connection = context.config.attributes["connection"]

context.configure(
    connection=connection,
    target_metadata=metadata(),
    compare_type=True,
    render_as_batch=True,  # SQLite alters a table by creating a new one
    transactional_ddl=True,
)
context.run_migrations()
