"""Logging people in with OpenID Connect, by Authlib."""
