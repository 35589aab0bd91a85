"""What both protocols and all pages share: responses to applications, untrusted requests, fault records, public pages.

Nothing here knows what a login is: the pages of a login are in `idp/login`, those of a person's own account in
`idp/account_pages`. Headers, forms and layout, which other services have too, are in `config/web`.
"""
