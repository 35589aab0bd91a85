"""Enrollment requests: their tables, their states, their parts, their history and their references.

Each change is made in the caller's transaction. Nothing here knows a page: those of the person who asks are in
`applicant`, those of operators in `office`.
"""
