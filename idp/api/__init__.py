"""The HTTP interface of the identity provider for enrollment, and for nothing else.

`views.py` is the list of its calls. Each is authenticated (`authentication.py`), reads its body strictly (`fields.py`)
and answers a refusal with a problem document (`problems.py`). What a call does to accounts is in `idp/accounts`;
nothing here lists accounts or reads sessions. docs/security.md says what a stolen secret can and cannot do.
"""
