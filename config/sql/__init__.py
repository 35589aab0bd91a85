"""SQL: the database with its connections, migrations, and a cache of versioned values.

Not here: tables, which the package that uses them declares, and migrations, which each service has.
"""
