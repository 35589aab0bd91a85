"""What every service stands on: settings, database, store, audit, jobs, mail, web pages.

Nothing here knows what a login is, or imports another package of ours. What only one service needs is in that service.
"""
