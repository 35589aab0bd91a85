"""The audit trail: an append-only table of entries, chained by digests and sealed by signed checkpoints.

    trail, vocabulary              writes entries; the kinds of entry
    triggers                       the database triggers that make the tables append-only
    chain, checkpoint              chains entries and signs checkpoints; a checkpoint kept on another machine
    verification, erasure          verifies the chain; erases personal columns and prunes old entries
    query, commands                reads entries; the commands `audit` of a service

Not here: when an entry is written. Each package declares the kinds that it writes (`AuditKind`).
"""
