"""The audit trail: its lines, their chain, what keeps it append-only, and reading it.

What is worth a line is decided by the code that does it; the words are `AuditKind`.
"""
