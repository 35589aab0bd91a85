"""Login methods: how a person proves who they are, one module for each.

`base` is the interface, `table` lists the methods of the product, and `offered` holds those of an
installation. Outside this package nothing names a method, except the pages that belong to it.
What a method proves is kept in the session (`idp/sessions/authentication.py`).
"""
