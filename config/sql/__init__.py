"""SQL: engines and connections, migrations, and values cached until their version moves.

The tables are declared by whoever has rows in them; each service has its own migrations.
"""
