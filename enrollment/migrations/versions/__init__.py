"""The migrations, oldest first.

A migration imports no model: the tables as they were then are written in it.
"""
