"""The history of the identity provider's tables (Alembic): small, reversible, one idea each."""
