"""Signing in to enrollment: operators, and people who already have an account, by OpenID Connect.

Enrollment is an application of the identity provider like any other. `provider` speaks the protocol, `sessions` keeps
who is signed in, `views` has the addresses. What a role may do is in `office/operators.py`.
"""
