"""XML signatures and encryption: canonical form, algorithms and keys.

Which messages must be signed is decided where they are read (`sso`, `slo`, `artifact`); our keys and certificates are
in `idp/keys`, and parsing is in `config/xml.py`.
"""
