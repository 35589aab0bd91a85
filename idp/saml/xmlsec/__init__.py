"""XML signatures and encryption: canonical form, algorithms and keys.

The packages that read messages (`sso`, `slo`, `artifact`) decide which must be signed. Our keys and certificates are
in `idp/keys`, and parsing is in `config/xml.py`.
"""
