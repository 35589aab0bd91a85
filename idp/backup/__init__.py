"""Backup and restore: one file that any of our databases can be restored from.

The key-encryption key is not in a backup: it is kept apart (`config/encryption.py`), and a restore needs it.
"""
