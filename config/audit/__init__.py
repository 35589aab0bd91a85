"""The audit trail: its lines, their chain, what keeps it append-only, and reading it."""
