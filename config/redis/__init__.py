"""Redis: its connection, the store of what may be forgotten, rate limits, and the embedded server.

What must not be forgotten is in SQL (`config/sql`). What is put in the store is decided by its callers; its kinds are
declared in `store.py`.
"""
