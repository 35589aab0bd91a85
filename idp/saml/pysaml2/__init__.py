"""The pysaml2 adapter: the only importer of saml2."""
