"""The grants of the token endpoint, one module each: `idp/oidc/token.py` finds them by their `grant_type`.

base                    what a grant is, and the table of them
authorization_code      RFC 6749 section 4.1

Client authentication comes before any grant (`idp/oidc/client_authentication.py`). What is stored for codes and
access tokens is in `idp/oidc/grant_store.py`.
"""
