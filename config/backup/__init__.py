"""Backup and restore: one file holds the whole database of a service, and SQLite and PostgreSQL both restore it.

Not here: the key-encryption key (`config/encryption.py`). A backup does not contain it, and a restore needs it.
"""
