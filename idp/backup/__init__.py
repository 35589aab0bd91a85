"""Backup and restore: one file that any of our databases can be restored from."""
