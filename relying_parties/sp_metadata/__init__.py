"""Metadata of SAML service providers: what they say, where they come from, how their refreshing goes."""
