"""Backup and restore: one file holds the whole database of a service, and SQLite and PostgreSQL both restore it.

    backup_file, values      the file: its lines, its checksum, and how each type of value is written
    backup, restoration      writes the file; fills an empty database from it
    commands                 `backup` and `restore`

Not here: the key-encryption key (`config/encryption.py`). A backup does not contain it, and a restore needs it.
"""
