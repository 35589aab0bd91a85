"""Single logout, whichever protocols the applications speak: records, pages, and what a protocol provides.

`single_logout` is the one engine and `protocol` what OpenID Connect and SAML implement for it; they do so in their
own packages. Asking to log out, which is a page of the account, is in `idp/account_pages`.
"""
