"""Login methods: how a person authenticates, one module for each method.

`base` is the interface, `table` lists the methods of the product, and `offered` has those that an installation
offers. Outside this package nothing names a method, except the pages that belong to it. The session keeps the factor
that a method adds (`idp/sessions/authentication.py`).
"""
