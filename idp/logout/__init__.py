"""Single logout across both protocols: the engine, its records, its pages, and the interface of a protocol.

single_logout       ends sessions, and starts and reports a logout
back_channel        notifies applications from our server, by jobs
front_channel       sends the browser from application to application
protocol            what OpenID Connect and SAML implement, in their own packages
records             the logouts in progress, in Redis
outcomes            what is recorded of each application
concurrency         limits on what waits for applications' servers
logout_request      a logout request, and the return to the application that sent it
card_removal        ends the sessions of a card that was pulled, where an application demands it
views, pages        what the person sees

The endpoints that receive logout requests are in `idp/oidc`, `idp/saml/slo` and `idp/account_pages`.
"""
