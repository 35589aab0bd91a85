"""Logging people in with OpenID Connect, by Authlib.

The pages of a sample application, whichever protocol it speaks, are in the package above.
"""
