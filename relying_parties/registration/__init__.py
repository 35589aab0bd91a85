"""A registration before it is kept: read from TOML, JSON or metadata, and held against the rules.

A registration that has passed is kept by `relying_parties/registry`.
"""
