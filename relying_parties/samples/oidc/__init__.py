"""Login and logout with OpenID Connect, by Authlib.

Not here: the pages of the application, which are in the package above.
"""
