"""Accounts: who may log in, what they say of their person, what they may use, and how applications know them.

accounts, snapshot                   accounts as the rest of the program reads them
provisioning, access, identifiers    changes of accounts, in the caller's transaction
service                              the same acts in a transaction each, for commands and pages
acceptance, accepted_requests        what enrollment has accepted becomes an account with its access
acceptance_mail, acceptance_letters  the letter that says so, with the first credential
cards, request_cards, unknown_cards  cards that log in, those of requests, those on their way to a request
communities, operators, subjects     communities, the roles of operators, the subject identifiers
attributes, usernames                what an account says of its person, and how a username is made
passwords                            hashes, policies, links; nothing else reads a hash
login_throttle, login_failures       how long a login waits after failures, and their audit lines
devices                              the browsers from which an account has logged in
*_commands                           the commands `idp account`, `idp card`, `idp community`, `idp operator`

Sessions live in `idp.sessions`: an account ends its own by moving `valid_from`.

A username is what a person types to log in. The database column, the attribute
and the word of the command line are `login`.
"""
