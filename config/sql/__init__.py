"""SQL: engines and connections, migrations, and values cached until their version moves."""
