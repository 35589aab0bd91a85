"""The ground every service stands on: settings, database, store, audit, jobs, mail, web shell.

Nothing here knows what a login is.
"""
