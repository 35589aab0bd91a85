"""OpenID Connect, one small module a subject.

views                   where each endpoint is, and how an error is sent
authorization           the authorization endpoint: parameters, checks, response
endpoint_request        what the token and userinfo endpoints receive, as one value
client_authentication   a table of methods
token, token_failures   the token endpoint, and the report of what it refuses
grants                  one module a grant_type
grant_store             codes and access tokens, and what revokes them
userinfo                the userinfo endpoint
id_token                ID tokens that we sign, and those that come back as hints
logout, backchannel_logout      RP-initiated logout; logout tokens for applications
discovery, documents    the provider metadata and keys that we publish
cors                    which pages of other origins may read our answers
errors, vocabulary      the protocol's words
form_parameters         how queries and bodies are read
pyop                    the adapter around pyop

What a login needs is decided in `idp/login`, for both protocols; sessions are in `idp/sessions`.
"""
