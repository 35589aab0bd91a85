"""OpenID Connect: one small module a subject; pyop is behind one adapter.

authorization   the authorization endpoint: reads an authentication request, and answers it with a code
client_authentication, token, userinfo      what applications call from their servers
grant_store     codes and access tokens, and what revokes them
pyop            the adapter around pyop, and the storage that pyop sees
id_token        what we sign, and the hints that come back
logout          RP-initiated logout
discovery, documents    what we publish of ourselves
cors            which pages of other origins may read our answers
errors, vocabulary    the protocol's words
"""
