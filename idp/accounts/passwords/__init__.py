"""Passwords: hashing, checking, replacing, the rules they obey, and the links that choose them."""
