"""OpenID Connect: one small module a subject, and `provider.py`, the adapter around pyop.

authentication_request, authorization       read one, and answer it with a code
client_authentication, token, userinfo      what applications call from their servers
grants          codes and access tokens, and what revokes them
id_token        what we sign, and the hints that come back
logout          RP-initiated logout
discovery, documents    what we publish of ourselves
cors            which pages of other origins may read our answers
errors, vocabulary    the protocol's words
"""
