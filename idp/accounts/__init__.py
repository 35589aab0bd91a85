"""The people who may log in, how they prove it by a password, and what each application knows them by.

`accounts.py` says who someone is and what they may enter; `passwords.py` is the
only place that reads a hash; `subjects.py` keeps the identifiers given out.
Sessions are elsewhere: an account ends its own by moving `valid_from`.
"""
