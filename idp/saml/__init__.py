"""SAML 2.0 for service providers: the same login, session and registry as OpenID Connect, in SAML's words."""

from idp.saml.pysaml2 import deferred_schemas

deferred_schemas.defer()
