"""The authorization endpoint: from the parameters of a request to the response.

parameters      one value for the parameters, wherever they come from
claims          the `claims` parameter
request         an authentication request that has passed every check
checks          the checks, in the order of the specification
response        OpenID Connect as a login protocol: authentication responses and errors

What a login needs (a session, a password, a page) is decided in `idp/login`. The endpoint's address is in
`idp/oidc/views.py`.
"""
