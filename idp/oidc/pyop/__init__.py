"""pyop, for the authorization code flow: the only package that imports pyop and oic.

adapter     messages read and written by pyop, with what it must not do replaced
state       the storage that pyop sees, for the length of one request

Client authentication, grants, tokens and signatures are not here: they are in `idp.oidc`, and pyop is given what
they found (docs/decisions/pyop-behind-one-adapter.md).
"""
